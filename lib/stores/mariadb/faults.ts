/** What went wrong at a server, as the kinds of errors that stores have. */
import { FieldcastError, StoreError } from '../../base/errors.ts'

const DEADLOCK = 1213
const RECORD_CHANGED = 1020
const DUPLICATE = 1062

/** Another transaction was in the way, and nothing was written: the same one may be done again at once. */
export const isRace = (error: unknown): boolean => [DEADLOCK, RECORD_CHANGED, DUPLICATE].includes(numberOf(error))

/** Errors of the server that pass. Those that end a connection are told apart by their SQLSTATE. */
const passing: ReadonlySet<number> = new Set([
  DEADLOCK,
  RECORD_CHANGED,
  DUPLICATE,
  3, // writing a file failed
  1021, // disk full
  1026, // writing a file failed
  1114, // the table is full
  1037, // out of memory
  1038, // out of sort memory
  1041, // out of memory
  1135, // no thread to be had
  1040, // too many connections
  1203, // too many connections of this user
  1226, // too many queries of this user
  1047, // a cluster's node is not ready
  1053, // shutdown under way
  1077, // shutdown done
  1079, // shutdown under way
  1152, // connection aborted
  1180, // the commit failed
  1205, // waited too long for a lock
  1206, // too many locks
  1290, // read only: a primary that has become a replica
  1317, // interrupted
  1836, // read only
  1927, // killed
  1969, // took too long
  3024, // took too long
  3168, // server not ready
  4031, // idle for too long
])

/** Connections that no further attempt will open: what the server or TLS says no to. */
const refused: ReadonlySet<number> = new Set([
  1044, // no access to the database
  1045, // no access
  1049, // no such database
  1129, // host blocked
  1130, // host not allowed
  1251, // no common way to prove a password
  1275,
  1524, // no such plugin
  1698, // no access
  1820, // password expired
  1862, // password expired
  3118, // account locked
  3159, // TLS demanded
  4151, // account locked
  45022,
  45023, // server without TLS
  45025, // no common way to prove a password
  45044, // no key to encrypt the password with
  45047,
  45056, // TLS: certificate not trusted
  45057,
  45059,
  45062,
  45063,
  45064, // password in clear without TLS
])

const STORAGE = 1030
const NO_SPACE = /\b(errno: |error )(28|12|122)\b/

const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno ?? 0)

const textOf = (error: unknown): string => {
  const { sqlMessage, message, code } = error as { sqlMessage?: unknown; message?: unknown; code?: unknown }
  return String(sqlMessage || message || code || error).trim()
}

/** `error` as one of ours, which says what could not be done. Ours pass as they are. */
export function fault(error: unknown, store: string, doing: string): FieldcastError {
  if (error instanceof FieldcastError) return error
  const kind = passes(error) ? 'retryable' : 'fatal'
  return new StoreError(kind, `${store} cannot ${doing}: ${textOf(error)}${advice(error)}`, { cause: error })
}

function passes(error: unknown): boolean {
  const number = numberOf(error)
  if (refused.has(number)) return false
  if (passing.has(number)) return true
  if (number === STORAGE) return NO_SPACE.test(textOf(error))
  const { fatal, code } = error as { fatal?: unknown; code?: unknown }
  if (typeof code === 'string' && /^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code)) return false
  return fatal === true || (typeof code === 'string' && /^E[A-Z]+$/.test(code))
}

function advice(error: unknown): string {
  switch ((error as { code?: unknown }).code) {
    case 'ECONNREFUSED':
      return '. Is the server running, and are host and port in { url } right?'
    case 'ENOTFOUND':
      return '. Look at the host in { url }.'
  }
  switch (numberOf(error)) {
    case 1049:
      return '. Create the database first: CREATE DATABASE … CHARACTER SET utf8mb4.'
    case 1044:
    case 1045:
    case 1698:
      return '. Look at the user and the password in { url }, and at the rights of that user.'
    case 1142:
    case 1143:
    case 1227:
      return '. The user needs SELECT, INSERT, UPDATE and DELETE on our tables, and CREATE for the first start.'
    case 1146:
      return '. The table was taken away while the store was in use.'
    case 45044:
      return '. Use { tls }, or { driver: { allowPublicKeyRetrieval: true } } where nobody can come between.'
    case 1665:
      return '. Set binlog_format to ROW or MIXED.'
    default:
      return ''
  }
}
