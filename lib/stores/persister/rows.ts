/** What rows of a store are made of. Rules 12 and 13 of docs/guarantees.md. */
import { UsageError } from '../../base/errors.ts'
import { hash64 } from '../../base/hash.ts'
import type { Body } from '../../replication/authority/body.ts'
import { isStored } from '../../replication/authority/persistence.ts'
import type { StoredObject } from '../../replication/authority/stored.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { MAX_KEY, type StoredRow } from '../store.ts'
import type { FieldValues } from './field-values.ts'
import type { StoredRecord } from './record.ts'

/** The class's own version of its stored form. */
export const formatOf = (type: NetworkClass): number => type.declaration.options.version ?? 1

/** The field that an index's name stands for. @throws UsageError where there is none that is stored. */
export function indexField(type: NetworkClass, index: string): Field {
  const setter = `set${index.slice(0, 1).toUpperCase()}${index.slice(1)}`
  const field = type.fields.find(({ name }) => name === index) ?? type.fields.find(({ name }) => name === setter)
  if (field && isStored(field)) return field
  throw new UsageError(
    `${type.name} names the index '${index}', but ${field ? `${field.path} is no Database field` : `it has neither a field ${index} nor ${setter}`}.`,
  )
}

/** What stands in an index for a field's arguments: one argument stands for itself, a long one for its hash, so that what is found has to be compared. */
export function keyText(args: readonly unknown[]): string {
  return shortened(JSON.stringify(args.length === 1 ? args[0] : args))
}

const shortened = (text: string): string => (text.length <= MAX_KEY ? text : `#${text.length} ${hash64(text)}`)

/** Where rows of avatars say their zone: they come with their client, not with the zone. No field can have this name. */
const AVATAR = '@zone'

export const isAvatarRow = ({ keys }: StoredRow): boolean => Object.hasOwn(keys, AVATAR)

/** The zone in which the object was last. */
export function zoneOf(row: StoredRow): number | null {
  if (!isAvatarRow(row)) return row.zone
  const zone = Number(row.keys[AVATAR] || Number.NaN)
  return zone >>> 0 === zone ? zone : null
}

/** What a row holds. */
export interface RowContent {
  readonly type: NetworkClass
  readonly row: StoredRow
  /** What fits, in field order, with a StoredReference for each object that is not in the game. */
  readonly fields: Map<Field, readonly unknown[]>
  /** As JSON by name: fields that the class does not have, and values that do not fit. */
  readonly rest: Map<string, string>
}

/** The same for the game. */
export function objectOf({ row, fields }: RowContent): StoredObject {
  const { id, class: name, owner } = row
  const args = Object.fromEntries(Array.from(fields, ([field, args]) => [field.name, args]))
  return { id, class: name, owner, zone: zoneOf(row), fields: args }
}

/** What of a class goes into its rows. */
interface RowPlan {
  readonly format: number
  readonly fields: readonly {
    readonly field: Field
    /** `"moveTo":` */
    readonly label: string
    /** The indexes that it stands in. */
    readonly indexes: readonly string[]
  }[]
  readonly names: ReadonlySet<string>
}

const plans = new WeakMap<NetworkClass, RowPlan>()

function planOf(type: NetworkClass): RowPlan {
  const made = plans.get(type)
  if (made) return made
  const indexes = type.declaration.options.index ?? []
  const fields = type.fields.filter(isStored).map(field => ({
    field,
    label: `${JSON.stringify(field.name)}:`,
    indexes: indexes.filter(index => indexField(type, index) === field),
  }))
  const plan = { format: formatOf(type), fields, names: new Set(fields.map(({ field }) => field.name)) }
  plans.set(type, plan)
  return plan
}

/** The row of an object as it stands. Each saved object passes here. */
export function rowOf(values: FieldValues, record: StoredRecord): StoredRow {
  const { id, version, owner, zone, rest, isAvatar } = record
  const body = record.body!
  const { type } = body
  const plan = planOf(type)
  const keys: Record<string, string> = isAvatar ? { [AVATAR]: String(zone ?? '') } : {}
  const { kept } = body
  let fields = '{'
  for (const { field, label, indexes } of plan.fields) {
    const bytes = kept[field.index]
    // A value that was refused stands until the field is called.
    const refused = rest?.get(field.name)
    if (refused !== undefined) {
      fields += fields.length === 1 ? label + refused : `,${label}${refused}`
      const args: unknown = indexes.length > 0 ? JSON.parse(refused) : null
      for (const index of indexes) if (Array.isArray(args)) keys[index] = keyText(args)
    } else if (bytes) {
      const args = values.kept(field, bytes)
      const text = values.text(field, args)
      fields += fields.length === 1 ? label + text : `,${label}${text}`
      for (const index of indexes) keys[index] = shortened(args.length === 1 ? text.slice(1, -1) : text)
    }
  }
  if (rest)
    for (const [name, text] of rest)
      if (!plan.names.has(name)) fields += `${fields.length === 1 ? '' : ','}${JSON.stringify(name)}:${text}`
  return {
    id,
    class: type.name,
    version,
    format: plan.format,
    owner,
    zone: isAvatar ? null : zone,
    keys,
    fields: flat(`${fields}}`),
  }
}

/**
 * The text of an object in JSON, in one piece. One that has grown is a tree of its parts until somebody looks at a letter, and the garbage collector would copy all of that
 * again and again while the row is on its way. What is seen has to matter, or the compiler leaves out the look.
 */
const flat = (text: string): string => (text.charCodeAt(0) === 0x7b ? text : '')

/** Whether an index of today's class has a value that the row does not stand in. */
export const lacksKeys = ({ type, row, fields }: RowContent): boolean =>
  row.format === formatOf(type) &&
  (type.declaration.options.index ?? []).some(
    index => !Object.hasOwn(row.keys, index) && fields.has(indexField(type, index)),
  )

/** A row of today's form. @param texts what each field has, as JSON. */
export function rowFrom(
  type: NetworkClass,
  { id, version, owner, zone, keys: before }: Pick<StoredRow, 'id' | 'version' | 'owner' | 'zone' | 'keys'>,
  texts: ReadonlyMap<string, string>,
): StoredRow {
  const keys: Record<string, string> = {}
  for (const index of type.declaration.options.index ?? []) {
    const args: unknown = JSON.parse(texts.get(indexField(type, index).name) ?? 'null')
    // A value that was refused may be anything.
    if (Array.isArray(args)) keys[index] = keyText(args)
  }
  const place = before[AVATAR]
  if (place !== undefined) keys[AVATAR] = place
  const parts = Array.from(texts, ([name, text]) => `${JSON.stringify(name)}:${text}`)
  return { id, class: type.name, version, format: formatOf(type), owner, zone, keys, fields: `{${parts.join(',')}}` }
}

/** What a row says of a field of an object in memory; undefined for nothing. */
export function standingText(values: FieldValues, body: Body, record: StoredRecord, field: Field): string | undefined {
  const bytes = body.kept[field.index]
  return bytes && (record.rest?.get(field.name) ?? values.text(field, values.ofBytes(field, bytes)))
}

/**
 * A field has been called, or cleared: what the row said of it is outdated. References are put down at once, for what they refer to may have left memory when the
 * row is written.
 */
export function outdate(values: FieldValues, body: Body, record: StoredRecord, field: Field): void {
  if (record.rest?.size) record.rest.delete(field.name)
  if (!field.codec.hasReferences) return
  const text = standingText(values, body, record, field)
  if (text?.includes('"$object"')) keepText(record, field.name, text)
}

export function keepText(record: StoredRecord, name: string, text: string): void {
  record.rest ??= new Map()
  record.rest.set(name, text)
}

/** Far above what the deepest value takes, and far below what ends the stack. */
const MAX_DEPTH = 1000

/** The `fields` of a row. @throws Error saying what is wrong with them. */
export function parseRow(text: string): object {
  if (isDeep(text)) throw new Error(`its fields are nested deeper than ${MAX_DEPTH} levels`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Not the parser's words: they quote what stands there, which may be secret.
    throw new Error('its fields are no JSON')
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  throw new Error('its fields are no JSON object')
}

/** The same by name, where each is to be a list of arguments. @throws Error saying what is wrong with them. */
export function parseFields(text: string): Map<string, readonly unknown[]> {
  const fields = new Map<string, readonly unknown[]>()
  for (const [name, args] of Object.entries(parseRow(text))) {
    if (!Array.isArray(args)) throw new Error(`the value of ${name} is no list of arguments`)
    fields.set(name, args)
  }
  return fields
}

/** Whether JSON is nested deeper than any value: what goes through it is recursive. */
function isDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) quoted = !quoted
    else if (quoted) continue
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}
