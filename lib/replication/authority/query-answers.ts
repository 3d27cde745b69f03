/** What a server says of itself to whoever asks, without a login: numbers, its name, and the game's own word, which may throw or be too much. Rule 28 of docs/guarantees.md. */
import { UsageError } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import { type Info, infoBytes, type Query } from '../../protocol/messages.ts'

/** The game's own part of an answer: an object, or what makes one. `data` is what the asker sent, unchecked; null where nothing. */
export type InfoOption =
  | Readonly<Record<string, unknown>>
  | ((asked: { readonly data: unknown; readonly address: string }) => Readonly<Record<string, unknown>>)

export interface QueryAnswers {
  readonly query: boolean
  readonly name: string
  readonly maxClients: number
  readonly info?: InfoOption
}

/** So many connections more than `limits.connectionsPerAddress` an address may have to ask, and for nothing else. */
export const reservedForQueries = 4

/** Most characters of a name. */
const nameLength = 256
const utf8 = new TextEncoder()

/** @throws UsageError for a name or a number of clients that is none. */
export function checkAnswers({ name = '', maxClients = 0 }: Partial<QueryAnswers>): void {
  if (typeof name !== 'string' || name.length > nameLength)
    throw new UsageError(`createServer({ name }) is a text of at most ${nameLength} characters.`)
  if (!(maxClients >= 0) || (maxClients < Number.POSITIVE_INFINITY && !Number.isSafeInteger(maxClients)))
    throw new UsageError(`createServer({ maxClients }) is a whole number of 0 or more, not ${String(maxClients)}.`)
}

/** @param wall ms since 1970. @param failed hears why the game's part is left out. */
export function answerTo(
  query: Query,
  address: string,
  { name, maxClients, info }: QueryAnswers,
  players: number,
  wall: number,
  failed: (error: unknown) => void,
): Info {
  let json = 'null'
  try {
    json = ownPart(query, address, info)
  } catch (error) {
    failed(error)
  }
  const maxPlayers = maxClients < Number.POSITIVE_INFINITY ? maxClients + 1 : 0
  return { query, wall, players, maxPlayers, name, json }
}

function ownPart(query: Query, address: string, info: InfoOption | undefined): string {
  const said: unknown = typeof info === 'function' ? info({ data: parsed(query.json), address }) : info
  if (said === undefined) return 'null'
  if (isThenable(said)) {
    said.then(undefined, () => {})
    throw new UsageError('info gave a promise: a query is answered at once. Keep what takes time, and return it.')
  }
  const json: string | undefined = JSON.stringify(said)
  if (json === undefined)
    throw new UsageError(`info gave a ${typeof said}: it is to give an object that JSON can hold.`)
  const { length } = utf8.encode(json)
  if (length > infoBytes)
    throw new UsageError(
      `info gave ${length} bytes of JSON, more than the ${infoBytes} that an answer takes: leave something out.`,
    )
  return json
}

/** What is no JSON is nothing: the asker is a stranger. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
