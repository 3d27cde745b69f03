/** What went wrong at a server or on the way to it, as the kinds of errors that stores have. */
import { FieldcastError, StoreError } from '../../base/errors.ts'

/** Nothing was written, and the same may be done again at once: a deadlock, or a transaction that was overtaken. */
export const isRace = (error: unknown): boolean => ['40001', '40P01'].includes(stateOf(error))

/** `error` as one of ours, which says what could not be done. Ours pass as they are. */
export function fault(error: unknown, store: string, doing: string): FieldcastError {
  if (error instanceof FieldcastError) return error
  const kind = passes(error) ? 'retryable' : 'fatal'
  // Not the driver's own: its details quote rows, and those may hold secrets of a game.
  const cause = Object.assign(new Error(reasonOf(error)), { code: codeOf(error) })
  return new StoreError(kind, `${store}: could not ${doing}: ${reasonOf(error)}.${adviceFor(error)}`, { cause })
}

interface Raised {
  readonly code?: unknown
  readonly severity?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  readonly errors?: readonly unknown[]
}

const codeOf = (error: unknown): string => String((error as Raised | null)?.code ?? '')

/** The SQLSTATE where the server has spoken. */
const stateOf = (error: unknown): string => ((error as Raised | null)?.severity === undefined ? '' : codeOf(error))

/** Classes of SQLSTATE, and single states, that pass. */
const passing: readonly string[] = [
  '08', // connection
  '25006', // read only: a primary that has become a standby
  '25P03', // transaction idle for too long
  '25P04', // transaction took too long
  '40', // overtaken, deadlock
  '53', // disk full, out of memory, too many connections
  '55006', // in use
  '55P03', // waited too long for a lock
  '57014', // cancelled
  '57P01', // shutdown
  '57P02', // crash of another connection
  '57P03', // starting up, recovering
  '57P05', // idle for too long
  '58000',
  '58030', // writing a file failed
  'XX000',
]

function passes(error: unknown): boolean {
  const state = stateOf(error)
  if (state !== '') return passing.some(begin => state.startsWith(begin))
  if ([TypeError, RangeError, ReferenceError, SyntaxError].some(mistake => error instanceof mistake)) return false
  const { syscall, message } = error as Raised
  // A file with a certificate.
  if (syscall === 'open') return false
  if (/CERT|^ERR_(TLS|SSL)|SELF_SIGNED|^UNABLE_TO/.test(codeOf(error))) return false
  return !/^SASL|does not support SSL/.test(String(message))
}

function reasonOf(error: unknown): string {
  const { message, errors } = error as Raised
  const parts = [message, ...(message ? [] : (errors ?? []).map(each => (each as Raised).message))]
  const code = codeOf(error)
  const text = parts.filter(Boolean).join(', ').replace(/\.$/, '') || 'unknown error'
  return code === '' || text.includes(code) ? text : `${text} (${code})`
}

function adviceFor(error: unknown): string {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return ' Is the server running, and are host and port in { url } right?'
    case 'ENOTFOUND':
      return ' Look at the host in { url }.'
    case '28000':
    case '28P01':
      return " Look at user and password in { url }, and at the server's pg_hba.conf."
    case '3D000':
      return ' Create the database first, or name another in { url }.'
    case '42501':
      return ' The role needs CREATE on the database for the first start; then USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables.'
    case '3F000':
    case '42P01':
    case '42703':
    case '42883':
      return ' The layout was taken away or changed by another hand: restore it, or name another { schema }.'
    case '25006':
      return ' This server takes no writes: name the primary in { url }.'
    case '53100':
      return ' Give the server more room; what was not stored is sent again.'
    case '53300':
      return ' Raise max_connections of the server, or lower { connections }.'
    default:
      return /^SASL/.test(String((error as Raised).message)) ? ' Does { url } name a password?' : ''
  }
}
