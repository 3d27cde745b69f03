/** Flags and shapes as people write them: `OwnerSend`, `(x: int16, path?: str[])`. */
import { Flags } from '../../../lib/schema/flags.ts'
import type { Types } from '../../../lib/schema/shape.ts'

/** The names of a field's flags. Database includes RAM. */
export function flagNames(flags: number): string[] {
  const all = Object.entries(Flags).filter(([, flag]) => (flags & flag) === flag)
  return all.filter(([name]) => name !== 'RAM' || !all.some(([other]) => other === 'Database')).map(([name]) => name)
}

/** A signature as the schema or its outline has it. */
export interface Signature {
  readonly params: readonly (readonly [name: string, shape: unknown])[]
  readonly result?: unknown
  readonly types?: unknown
}

/** The name of the class that a reference names, by class id or name. */
export type ClassNames = (target: string | number) => string

/** `(x: int16, y: int16): Promise<bool>` */
export function signatureText({ params, result, types }: Signature, names: ClassNames): string {
  const list = params.map(([name, shape]) => parameterText(name, shape, names)).join(', ')
  const answer = result === undefined ? '' : `: Promise<${typeText(result, names)}>`
  const named = Object.entries((types ?? {}) as Types).map(([name, shape]) => `T${name} = ${typeText(shape, names)}`)
  return `(${list})${answer}${named.length === 0 ? '' : ` where ${named.join(', ')}`}`
}

function parameterText(name: string, shape: unknown, names: ClassNames): string {
  if (isKind(shape, 'opt')) return `${name}?: ${typeText(shape[1], names)}`
  if (isKind(shape, 'rest')) return `...${name}: ${arrayText(shape[1], names)}`
  return `${name}: ${typeText(shape, names)}`
}

/** One shape, as a type. */
export function typeText(shape: unknown, names: ClassNames): string {
  const text = (of: unknown): string => typeText(of, names)
  if (typeof shape === 'string') return shape === 'date' ? 'Date' : shape
  const [kind, first, second, third] = shape as readonly [string, ...unknown[]]
  const limited = (name: string, parts: readonly unknown[], max: unknown): string =>
    `${name}<${[...parts.map(text), ...(max === undefined ? [] : [String(max)])].join(', ')}>`
  switch (kind) {
    case 'enum':
      return (first as unknown[]).map(value => JSON.stringify(value)).join(' | ')
    case 'union':
      return (first as unknown[]).map(text).join(' | ')
    case 'opt':
      return `${text(first)} | undefined`
    case 'list':
      return second === undefined ? arrayText(first, names) : limited('list', [first], second)
    case 'set':
      return limited('Set', [first], second)
    case 'map':
      return limited('Map', [first, second], third)
    case 'tuple':
      return tupleText(first as readonly unknown[], second, names)
    case 'struct':
      return objectText(first as Record<string, unknown>, names)
    case 'instance':
      return `${String(first)} ${objectText(second as Record<string, unknown>, names)}`
    case 'ref':
      return names(first as string | number)
    case 'type':
      return `T${String(first)}`
    case 'rest':
      return `...${arrayText(first, names)}`
    default:
      return `${kind}<${(shape as readonly unknown[]).slice(1).map(String).join(', ')}>`
  }
}

function arrayText(of: unknown, names: ClassNames): string {
  const text = typeText(of, names)
  return isKind(of, 'union') || isKind(of, 'enum') || isKind(of, 'opt') ? `(${text})[]` : `${text}[]`
}

function tupleText(items: readonly unknown[], rest: unknown, names: ClassNames): string {
  const texts = items.map(item => {
    if (!isKind(item, 'opt')) return typeText(item, names)
    const text = typeText(item[1], names)
    return text.includes(' | ') ? `(${text})?` : `${text}?`
  })
  return `[${[...texts, ...(rest === undefined ? [] : [`...${arrayText(rest, names)}`])].join(', ')}]`
}

function objectText(keys: Readonly<Record<string, unknown>>, names: ClassNames): string {
  const texts = Object.entries(keys).map(([key, shape]) =>
    parameterText(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key), shape, names),
  )
  return texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`
}

function isKind(shape: unknown, kind: string): shape is readonly [string, unknown] {
  return Array.isArray(shape) && shape[0] === kind
}
