/** How two contracts differ, in words. Loaded only when they do. */
import type { Flags } from './flags.ts'
import type { ClassOutline, FieldOutline } from './outline.ts'

/** `Flags`, handed over: importing it here would make bundlers cut a piece out of the client's one. */
type FlagTable = typeof Flags

/** As much as the server is told: 4,096 bytes in UTF-8, whatever the characters. */
const toldLines = 8
const toldLength = 150

/**
 * What a client says of a server that was built from other classes; one of `differences` for each class and field that differs,
 * the first of them in `told`, for the server.
 */
export function mismatch(
  server: readonly ClassOutline[],
  client: readonly ClassOutline[],
  flags: FlagTable,
): { message: string; differences: string[]; told: string } {
  const differences = compare(
    server,
    client,
    type => `${type.name} (class ${type.id})`,
    (theirs, ours) => compareFields(theirs, ours, flags),
  )
  const lines = differences.map(line => `  ${line}\n`).join('')
  const message = `Server and client were built from different classes:\n${lines}Build both from the same files: restart the server after an edit, and reload the page.`
  return { message, differences, told: shortened(differences).join('\n') }
}

function shortened(lines: readonly string[]): string[] {
  const told = lines
    .slice(0, toldLines)
    .map(line => (line.length > toldLength ? `${line.slice(0, toldLength)}…` : line))
  return lines.length > toldLines ? [...told, `and ${lines.length - toldLines} more`] : told
}

function compareFields(server: ClassOutline, client: ClassOutline, flags: FlagTable): string[] {
  const label = (field: FieldOutline): string => `${client.name}.${field.name}`
  return compare(server.fields, client.fields, label, (theirs, ours) => {
    const lines: string[] = []
    const path = label(ours)
    if (theirs.name !== ours.name) lines.push(`${path}: field ${ours.id} is called ${theirs.name} on the server`)
    if (theirs.flags !== ours.flags)
      lines.push(
        `${path}: the server's flags are ${flagNames(theirs.flags, flags)}, this client's ${flagNames(ours.flags, flags)}`,
      )
    const [there, here] = [signature(theirs), signature(ours)]
    if (there !== here) lines.push(`${path}: the server has ${there}, this client ${here}`)
    return lines
  })
}

function compare<T extends { readonly id: number }>(
  server: readonly T[],
  client: readonly T[],
  label: (item: T) => string,
  both: (theirs: T, ours: T) => string[],
): string[] {
  const theirs = new Map(server.map(item => [item.id, item]))
  const ours = new Map(client.map(item => [item.id, item]))
  const ids = [...new Set([...theirs.keys(), ...ours.keys()])].sort((a, b) => a - b)
  return ids.flatMap(id => {
    const there = theirs.get(id)
    const here = ours.get(id)
    if (!there) return [`${label(here!)} is unknown to the server`]
    if (!here) return [`${label(there)} is unknown to this client`]
    return both(there, here)
  })
}

function signature(field: FieldOutline): string {
  const result = field.result === undefined ? '' : `: ${shapeText(field.result)}`
  const types = field.types === undefined ? '' : ` where ${shapeText(['struct', field.types])}`
  return `(${field.params.map(shapeText).join(', ')})${result}${types}`
}

/** `['list', 'int16', 10]` as `list<int16, 10>`. */
function shapeText(shape: unknown): string {
  if (!Array.isArray(shape)) return typeof shape === 'string' ? shape : JSON.stringify(shape)
  const [kind, ...parts] = shape as [string, ...unknown[]]
  if (kind === 'enum') return (parts[0] as unknown[]).map(value => JSON.stringify(value)).join(' | ')
  if (kind === 'union') return (parts[0] as unknown[]).map(shapeText).join(' | ')
  if (kind === 'opt') return `${shapeText(parts[0])}?`
  if (kind === 'rest') return `...${shapeText(parts[0])}`
  if (kind === 'struct' || kind === 'instance') {
    const keys = Object.entries(parts.at(-1) as Record<string, unknown>).map(([key, of]) => `${key}: ${shapeText(of)}`)
    return `${kind === 'instance' ? `${String(parts[0])} ` : ''}{ ${keys.join(', ')} }`
  }
  return `${kind}<${parts.map(part => (Array.isArray(part) && kind === 'tuple' ? part.map(shapeText).join(', ') : shapeText(part))).join(', ')}>`
}

function flagNames(value: number, flags: FlagTable): string {
  const names = Object.entries(flags)
    .filter(
      ([name, flag]) => (value & flag) === flag && !(name === 'RAM' && (value & flags.Database) === flags.Database),
    )
    .map(([name]) => name)
  return names.join(' | ') || '0'
}
