/** What went wrong at a deployment, as the kinds of errors that stores have. */
import { FieldcastError, StoreError } from '../../base/errors.ts'

const WRITE_CONFLICT = 112
const DUPLICATE = 11000
/** The transaction is gone: undone by the server, or by an election. */
const NO_TRANSACTION = 251
const SNAPSHOT_GONE = 246
const LOCK_TIMEOUT = 24
const TIME_LIMIT = 50

/** Errors of the server that pass, besides those that carry a label of the driver's. */
const passing: ReadonlySet<number> = new Set([
  WRITE_CONFLICT,
  DUPLICATE,
  NO_TRANSACTION,
  SNAPSHOT_GONE,
  LOCK_TIMEOUT,
  TIME_LIMIT,
  6, // host unreachable
  7, // host not found
  43, // cursor gone
  46, // lock busy
  64, // too few members have confirmed in time
  89, // network timeout
  91, // shutdown under way
  100, // too few members
  133, // no primary
  134, // not yet committed by most
  189, // primary stepped down
  225, // transaction too old
  237, // cursor killed
  262, // time limit
  290, // transaction lived too long
  358, // internal, may be tried again
  391, // authenticate again
  462, // too much asked at once
  9001, // socket
  10058,
  10107, // not the primary
  11600, // shutdown under way
  11601, // interrupted
  11602, // interrupted by an election
  13435,
  13436,
  14031, // disk full
])

/** Of the driver itself, without a code. */
const PASSING_NAMES =
  /^Mongo(Network|NetworkTimeout|ServerSelection|OperationTimeout|WaitQueueTimeout|PoolCleared|PoolClosed|ConnectionPoolCleared|TopologyClosed|NotConnected|ClientClosed|ExpiredSession|ServerClosed|UnexpectedServerResponse)\w*Error$/
const PASSING_LABELS = ['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError']

/** Where a server waits to be told of its replica set. */
export const NEVER_MADE =
  'The server is started for a replica set that was never made: say rs.initiate() in mongosh, once.'

interface Failure {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly cause?: unknown
  readonly reason?: { readonly error?: unknown; readonly servers?: ReadonlyMap<string, { readonly type?: unknown }> }
  hasErrorLabel?(label: string): boolean
}

/** Another transaction was in the way, and nothing was written: the same one may be done again. The label says so; without it, an answer to a commit says nothing. */
export const isRace = (error: unknown): boolean =>
  isDuplicate(error) ||
  ([WRITE_CONFLICT, NO_TRANSACTION, SNAPSHOT_GONE, LOCK_TIMEOUT].includes(codeOf(error)) &&
    (error as Failure).hasErrorLabel?.('TransientTransactionError') === true)

/** Nobody knows whether the transaction was committed; asking to commit it again does no harm. */
export const isUnknown = (error: unknown): boolean =>
  (error as Failure).hasErrorLabel?.('UnknownTransactionCommitResult') === true && codeOf(error) !== TIME_LIMIT

export const isDuplicate = (error: unknown): boolean => codeOf(error) === DUPLICATE

/** `error` as one of ours, which says what could not be done. Ours pass as they are. */
export function fault(error: unknown, store: string, doing: string): FieldcastError {
  if (error instanceof FieldcastError) return error
  const { message } = error as Failure
  const kind = passes(error as Failure) ? 'retryable' : 'fatal'
  return new StoreError(kind, `${store} cannot ${doing}: ${message}${advice(error as Failure)}`, { cause: error })
}

const codeOf = (error: unknown): number => Number((error as Failure | null)?.code ?? 0)

function passes(error: Failure): boolean {
  if (isRefusedByTls(error)) return false
  if (PASSING_LABELS.some(label => error.hasErrorLabel?.(label) === true)) return true
  return passing.has(codeOf(error)) || PASSING_NAMES.test(error.name ?? '')
}

/** A certificate does not get better by waiting. */
const isRefusedByTls = (error: unknown): boolean =>
  codes(error).some(code => /^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code))

/** Of an error and of those behind it. */
function codes(error: unknown): string[] {
  const found: string[] = []
  for (let each = error as Failure | undefined; each && found.length < 6; ) {
    found.push(String(each.code))
    each = (each.cause ?? each.reason?.error) as Failure | undefined
  }
  return found
}

function advice(error: Failure): string {
  const servers = error.reason?.servers
  if (servers?.size === 0) return '. None of the servers is a member of the replica set that { url } names.'
  if ([...(servers?.values() ?? [])].some(({ type }) => type === 'RSGhost')) return `. ${NEVER_MADE}`
  const behind = codes(error)
  if (behind.includes('ECONNREFUSED')) return '. Is the server running, and are host and port in { url } right?'
  if (behind.includes('ENOTFOUND')) return '. Look at the host in { url }.'
  switch (codeOf(error)) {
    case 13:
      return '. The user needs the role readWrite on the database.'
    case 18:
      return '. Look at the user, the password and authSource in { url }.'
    default:
      return ''
  }
}
