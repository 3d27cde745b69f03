/** The closed set of errors that fieldcast throws. Each has a stable `code`; match on the code or the class, never on the text. */

export type ErrorCode =
  | 'usage'
  | 'schema'
  | 'bad-arguments'
  | 'malformed'
  | 'rejected'
  | 'timed-out'
  | 'disconnected'
  | 'connection-failed'
  | 'schema-mismatch'
  | 'unresolved-type'
  | 'store'

/** Base of all fieldcast errors. */
export abstract class FieldcastError extends Error {
  abstract readonly code: ErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The API was used in a way that it cannot serve: wrong side, wrong time, wrong option. */
export class UsageError extends FieldcastError {
  readonly code = 'usage'
}

/** A class or field cannot be registered: no schema, a duplicate id, contradicting flags. Thrown at load. */
export class SchemaError extends FieldcastError {
  readonly code = 'schema'
}

/** A send was given arguments that its field does not accept. Thrown at the caller, at once; nothing was sent. */
export class ArgumentError extends FieldcastError {
  readonly code = 'bad-arguments'
}

/** Bytes from the wire that no honest peer writes. Never reaches user code; it becomes a violation of rule 10 of docs/guarantees.md. */
export class MalformedError extends FieldcastError {
  readonly code = 'malformed'
}

/**
 * Thrown by a handler to veto the call that it handles. The caller learns the reason, nothing is kept or delivered.
 *
 * ```ts
 * override say(text: string) { if (text.includes('spam')) throw new Reject('language') }
 * ```
 */
export class Reject extends FieldcastError {
  readonly code = 'rejected'
  declare readonly reason: string

  /** @param reason travels to the caller; at most 1024 code points arrive. */
  constructor(reason: string) {
    super(`The call was vetoed: ${reason}`)
    this.reason = reason
  }
}

/** What an awaited request or login gets when the other side vetoed it. */
export class Rejected extends FieldcastError {
  readonly code = 'rejected'
  declare readonly reason: string

  constructor(message: string, reason: string) {
    super(message)
    this.reason = reason
  }
}

/** An answer did not come in time. */
export class TimedOut extends FieldcastError {
  readonly code = 'timed-out'
}

/** The connection ended before an answer came, or there is none. `closeCode` is the number of docs/protocol.md, `reason` its name. */
export class Disconnected extends FieldcastError {
  readonly code = 'disconnected'
  declare readonly closeCode: number
  declare readonly reason: string

  constructor(message: string, closeCode: number, reason: string) {
    super(message)
    this.closeCode = closeCode
    this.reason = reason
  }
}

/** No connection could be made: nobody listens there, the address is wrong, TLS failed. */
export class ConnectionFailed extends FieldcastError {
  readonly code = 'connection-failed'
}

/** Server and client were built from different classes. `differences` names each class and field that differs. */
export class SchemaMismatch extends FieldcastError {
  readonly code = 'schema-mismatch'
  declare readonly differences: readonly string[]

  constructor(message: string, differences: readonly string[]) {
    super(message)
    this.differences = differences
  }
}

/** A store could not do what it was asked. `kind`: `retryable`, the same may succeed later; `fenced`, another server has taken over; `fatal`, somebody must act. */
export class StoreError extends FieldcastError {
  readonly code = 'store'
  declare readonly kind: 'retryable' | 'fenced' | 'fatal'

  constructor(kind: 'retryable' | 'fenced' | 'fatal', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
