/** `fieldcast store inspect`: what a store holds, all of it in numbers, or one class, or one object. */
import { ACCOUNT_CLASS } from '../accounts/account-row.ts'
import { type Damaged, isDamaged, isStoredId, type Store, type StoredRow } from '../store.ts'
import { type Given, type StoreCommand, WrongCommandLine } from './command.ts'
import { speed } from './export.ts'
import { withStore } from './open.ts'
import type { Output } from './output.ts'
import { isBroken, problemOf } from './readable.ts'
import { lengthOf, shareOf, walk } from './walk.ts'
import { count, counted, harmless, shortened, size, table } from './words.ts'

export const inspect: StoreCommand = {
  parameters: '<url> [id or class] [--limit N]',
  summary: 'says what a store holds, or shows one object, or some of a class (20, or --limit)',
  words: [1, 2],
  options: { limit: { type: 'string' } },
  run,
}

async function run({ words: [url, name], options, output }: Given): Promise<number> {
  const limit = Number(options.limit ?? 20)
  if (!(Number.isSafeInteger(limit) && limit > 0))
    throw new WrongCommandLine(`--limit is a whole number above 0, not ${String(options.limit)}.`)
  return withStore(url!, true, store => {
    if (name === undefined) return all(store, output)
    return isStoredId(name.toLowerCase()) ? one(store, name.toLowerCase(), output) : some(store, name, limit, output)
  })
}

/** Most owners that are told apart: more take memory. */
const MAX_OWNERS = 1_000_000

class Group {
  rows = 0
  bytes = 0
  owned = 0
  readonly formats = new Map<number, number>()
  readonly owners = new Set<string>()
}

async function all(store: Store, output: Output): Promise<number> {
  const groups = new Map<string, Group>()
  const unreadable: { readonly id: string; readonly problem: string }[] = []
  let rows = 0
  let bytes = 0
  const share = await shareOf(store, output)
  for await (const page of walk(store, {}, output)) {
    for (const row of page) {
      rows++
      bytes += lengthOf(row)
      const problem = problemOf(row)
      if (problem !== null) unreadable.push({ id: row.id, problem })
      if (isDamaged(row)) continue
      let group = groups.get(row.class)
      if (!group) groups.set(row.class, (group = new Group()))
      group.rows++
      group.bytes += row.fields.length
      group.formats.set(row.format, (group.formats.get(row.format) ?? 0) + 1)
      if (row.owner === null) continue
      group.owned++
      if (group.owners.size < MAX_OWNERS) group.owners.add(row.owner)
    }
    output.progress(() => speed(rows, bytes, output), share(rows))
  }
  await output.print(`${store.name}: ${counted(rows, 'object')}.`)
  if (groups.size > 0) await output.print(`\n${overview(groups)}`)
  if (unreadable.length === 0) return 0
  await output.print(`\n${counted(unreadable.length, 'object')} cannot be read:`)
  for (const { id, problem } of unreadable) await output.print(`  ${id}  ${harmless(problem)}`)
  return 1
}

function overview(groups: ReadonlyMap<string, Group>): string {
  const cells = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { rows, bytes, owned, formats, owners }]) => [
      harmless(name),
      count(rows),
      [...formats]
        .sort(([a], [b]) => a - b)
        .map(([format, n]) => (formats.size === 1 ? String(format) : `${format}: ${count(n)}`))
        .join(', '),
      count(owned),
      `${count(owners.size)}${owners.size === MAX_OWNERS ? '+' : ''}`,
      size(bytes),
    ])
  return table([['class', 'objects', 'version of class', 'owned', 'owners', 'fields'], ...cells])
}

async function one(store: Store, id: string, output: Output): Promise<number> {
  const [row] = await store.get([id])
  if (!row) {
    output.tell(`There is no object ${id} in ${store.name}.`)
    return 1
  }
  if (isDamaged(row)) {
    await output.print(`${id} cannot be read: ${harmless(row.damaged)}`)
    return 1
  }
  await output.print(portrait(row))
  return isBroken(row) ? 1 : 0
}

function portrait(row: StoredRow): string {
  const { id, class: type, version, format, owner, zone, keys } = row
  const lines = [
    `${harmless(type)} ${id}`,
    `  written  ${format === 1 ? '' : `by version ${format} of the class, `}as version ${version} of the object`,
    `  owner    ${owner === null ? 'none' : harmless(owner)}`,
    `  zone     ${zone ?? 'none'}`,
    ...Object.entries(keys).map(([name, value]) => `  index    ${harmless(name)}: ${harmless(value)}`),
    '  fields',
  ]
  const fields = fieldsOf(row)
  if (fields === null) lines.push(`    (cannot be read: no JSON object) ${rawOf(row)}`)
  else {
    const width = Math.max(0, ...fields.map(([name]) => name.length))
    for (const [name, value] of fields) lines.push(`    ${name.padEnd(width)}  ${value}`)
  }
  return lines.join('\n')
}

async function some(store: Store, type: string, limit: number, output: Output): Promise<number> {
  let shown = 0
  let unreadable = 0
  let more = false
  for await (const page of walk(store, { class: type }, output)) {
    for (const row of page) {
      if (shown === limit) {
        more = true
        break
      }
      shown++
      if (problemOf(row) !== null) unreadable++
      await output.print(summary(row))
    }
    if (more) break
  }
  if (more) output.tell(`There are more than these ${count(limit)}: --limit shows more of them.`)
  if (shown > 0) return unreadable > 0 ? 1 : 0
  output.tell(
    `There is no object of a class ${harmless(type)} in ${store.name}. Without a name, inspect says which there are; ids have 24 hex digits.`,
  )
  return 1
}

function summary(row: StoredRow | Damaged): string {
  if (isDamaged(row)) return `${row.id}  cannot be read: ${harmless(row.damaged)}`
  const { id, owner, zone } = row
  const fields = fieldsOf(row)?.map(([name, value]) => `${name}(${shortened(value, 60)})`)
  const place = `${owner === null ? '' : `owner ${harmless(owner)}, `}${zone === null ? 'no zone' : `zone ${zone}`}`
  return `${id}  ${place}  ${shortened(fields ? fields.join(' ') : `cannot be read: ${rawOf(row)}`, 200)}`
}

/** The hash of a password is nobody's business. */
const rawOf = ({ class: type, fields }: StoredRow): string => (type === ACCOUNT_CLASS ? NOT_SHOWN : harmless(fields))

const NOT_SHOWN = '(not shown)'

/** Names and argument lists; null where they are not in that form. */
function fieldsOf({ class: type, fields }: StoredRow): [string, string][] | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(fields)
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  return Object.entries(parsed).map(([name, args]) => {
    if (type === ACCOUNT_CLASS && name === 'password') return [name, NOT_SHOWN]
    const list: unknown[] = Array.isArray(args) ? args : [args]
    return [harmless(name), harmless(list.map(value => JSON.stringify(value)).join(', '))]
  })
}
