/** The lock file: the contract as it was agreed on, one field a line, for reviews and for `fieldcast schema --check`. docs/schema.md, "The lock file". */
import { UsageError } from '../../../lib/base/errors.ts'
import { hash64 } from '../../../lib/base/hash.ts'
import { Flags } from '../../../lib/schema/flags.ts'
import { type ClassOutline, type FieldOutline, hashedText } from '../../../lib/schema/outline.ts'
import type { Schema } from '../../../lib/schema/schema.ts'
import { flagNames } from './notation.ts'

/** Rises when an older fieldcast would misread the file. */
const FORMAT = 1

/** A field of the contract, with its parameters' names, which the contract does not hold. */
export interface LockedField extends Omit<FieldOutline, 'params'> {
  readonly params: readonly (readonly [name: string, shape: unknown])[]
}

export interface LockedClass {
  readonly id: number
  readonly name: string
  readonly fields: readonly LockedField[]
}

export interface Lock {
  readonly hash: string
  readonly classes: readonly LockedClass[]
}

export function lockOf({ hash, outline, classes }: Schema): Lock {
  const locked = outline.map(({ id, name, fields }) => ({
    id,
    name,
    fields: fields.map(field => {
      const { params } = classes.get(id)!.fieldById(field.id)!.schema
      return { ...field, params: field.params.map((shape, index) => [params[index]![0], shape] as const) }
    }),
  }))
  return { hash, classes: locked }
}

/** The same bytes for the same contract. */
export function lockText({ hash, classes }: Lock): string {
  const fieldLine = (field: LockedField): string => `        ${spaced({ ...field, flags: flagNames(field.flags) })}`
  const classText = ({ id, name, fields }: LockedClass): string =>
    [
      '    {',
      `      "id": ${id},`,
      `      "name": ${JSON.stringify(name)},`,
      fields.length === 0 ? '      "fields": []' : `      "fields": [\n${fields.map(fieldLine).join(',\n')}\n      ]`,
      '    }',
    ].join('\n')
  return `{\n  "format": ${FORMAT},\n  "hash": "${hash}",\n  "classes": [\n${classes.map(classText).join(',\n')}\n  ]\n}\n`
}

/** JSON on one line, with a space after each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).map(([key, of]) => `${JSON.stringify(key)}: ${spaced(of)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** @param path for messages. @throws UsageError for what is no lock file of this form. */
export function readLock(text: string, path: string): Lock {
  const refuse = (why: string): never => {
    throw new UsageError(`${path} ${why}`)
  }
  const anew = 'Write it anew: fieldcast schema --write.'
  if (/^(<{7}|={7}|>{7})/m.test(text))
    refuse(`holds the marks of a merge conflict. The classes decide: merge them, then: fieldcast schema --write.`)
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    refuse(`is no JSON: ${(error as Error).message}. ${anew}`)
  }
  const { format, hash } = (data ?? {}) as { format?: unknown; hash?: unknown }
  if (isNewer(format))
    refuse(`was written by a newer fieldcast: its format is ${format}, and this one knows ${FORMAT}. Update fieldcast.`)
  if (format !== FORMAT || typeof hash !== 'string') refuse(`is no lock file of fieldcast. ${anew}`)
  const classes = (): readonly LockedClass[] => (data as { classes: unknown[] }).classes.map(readClass)
  let lock: Lock | undefined
  try {
    lock = { hash: hash as string, classes: classes() }
  } catch {
    refuse(`is damaged: what it says of its classes cannot be read. ${anew}`)
  }
  if (hash64(hashedText(outlineOf(lock!))) !== hash)
    refuse(`was changed by hand, or merged line by line: its hash does not fit the rest. ${anew}`)
  return lock!
}

/** Whether a lock file is of a form that this version must not overwrite. */
export function isFromNewer(text: string): boolean {
  try {
    return isNewer((JSON.parse(text) as { format?: unknown } | null)?.format)
  } catch {
    return false
  }
}

function isNewer(format: unknown): format is number {
  return Number.isInteger(format) && (format as number) > FORMAT
}

/** @throws Error of any kind where a part is missing. */
function readClass(value: unknown): LockedClass {
  const { id, name, fields } = value as { id: number; name: string; fields: Record<string, unknown>[] }
  return { id, name, fields: fields.map(readField) }
}

function readField(field: Record<string, unknown>): LockedField {
  const { id, name, flags, params, result, types } = field as {
    id: number
    name: string
    flags: string[]
    params: [string, unknown][]
    result?: unknown
    types?: unknown
  }
  return {
    id,
    name,
    flags: flags.reduce((all, flag) => all | flagNamed(flag), 0),
    params: params.map(([parameter, shape]) => [parameter, shape]),
    ...(result !== undefined && { result }),
    ...(types !== undefined && { types }),
  }
}

function flagNamed(name: string): number {
  if (!Object.hasOwn(Flags, name)) throw new Error(`${name} is no flag`)
  return Flags[name as keyof typeof Flags]
}

/** What the hash is made of. */
export function outlineOf({ classes }: Lock): ClassOutline[] {
  return classes.map(({ id, name, fields }) => ({
    id,
    name,
    fields: fields.map(field => ({ ...field, params: field.params.map(([, shape]) => shape) })),
  }))
}
