/** A client's connection for actions, whoever dials: its listeners, what it sends, what it hears, by itself or as the game pumps. */
import { UsageError } from '../../base/errors.ts'
import { logError, logWarning } from '../../base/log.ts'
import { guard } from '../../base/thenable.ts'
import { type ActionHandler, handle } from './actor.ts'
import type { End } from './channel.ts'
import { type Carrier, ClientLine } from './client-line.ts'
import { type Coding, encoderOf } from './coding.ts'
import { type ActionData, isAction } from './data.ts'
import type { EncoderOption } from './encoder.ts'
import { Inlet, type PumpMode, type Share } from './inlet.ts'
import { type ActionError, ActionListener, type Outlet } from './listener.ts'

/** Most that waits for the pump, and for the connection, bytes. */
const mostWaiting = 16 << 20
const mostEarly = 1 << 20

export interface ListeningOptions {
  /** Who hears of it from the beginning. */
  readonly listeners?: Iterable<ActionListener>
  /** How actions become bytes: the server's encoder. @default 'msgpack' */
  readonly encoder?: EncoderOption
  /** `manual`: everything waits for `pump()`. @default 'auto' */
  readonly pump?: PumpMode
}

/** One try to be connected, from its beginning to its end. */
export interface Attempt extends Share {
  /** Resolves with whether the server has answered. */
  readonly answer: (isConnected: boolean) => void
  carrier: Carrier | null
  line: ClientLine | null
  /** A server has answered, once. */
  isConnected: boolean
  /** The server that it is at has answered: it takes actions. */
  isAnswered: boolean
  isOver: boolean
  /** What was sent before the server had answered. */
  readonly early: Uint8Array[]
  earlyBytes: number
}

export abstract class BaseConnection implements Outlet {
  protected readonly coding: Coding
  readonly #inlet: Inlet
  readonly #listeners = new Set<ActionListener>()
  readonly #own = new ActionListener()
  #attempt: Attempt | null = null

  constructor({ listeners = [], encoder, pump }: ListeningOptions) {
    this.coding = encoderOf(encoder)
    this.#inlet = new Inlet(pump, mostWaiting)
    this.#listeners.add(this.#own)
    for (const listener of listeners) this.listen(listener)
  }

  /** Whether the server has answered, and the connection has not ended; true while it is lost and may come back. */
  get connected(): boolean {
    return this.#attempt?.isConnected === true
  }

  /** Lets a listener hear of everything from now on, until the returned function is called. @throws UsageError for one that listens elsewhere. */
  listen(listener: ActionListener): () => void {
    if (listener.connection && listener.connection !== this)
      throw new UsageError('This listener listens to another connection: make one for each.')
    listener.connection = this
    this.#listeners.add(listener)
    return () => {
      listener.connection = null
      this.#listeners.delete(listener)
    }
  }

  /** Runs `handler` for each such action, and for the events `connected`, `error` and `disconnected`, until the returned function is called. */
  on(action: string, handler: ActionHandler): () => void {
    return this.#own.on(action, handler)
  }

  /** Runs `handler` for every action and event until the returned function is called. */
  onAny(handler: ActionHandler): () => void {
    return this.#own.onAny(handler)
  }

  /**
   * Sends an action at the end of this turn; they arrive in order. What is sent while the connection is being made, or is lost, goes when it stands. Gives the number of bytes
   * that the encoder made of it; 0 where nobody will get them.
   * @throws ArgumentError for what cannot be sent.
   */
  send<T extends { readonly action: string }>(data: T): number {
    const bytes = this.coding.encode(data)
    const attempt = this.#attempt
    if (!attempt) return 0
    if (attempt.isAnswered) return attempt.line!.send(bytes) ? bytes.length : 0
    if (attempt.earlyBytes + bytes.length > mostEarly) return 0
    attempt.earlyBytes += bytes.length
    attempt.early.push(bytes)
    return bytes.length
  }

  /** With `pump: 'manual'`: handles everything received so far, in order, and gives the number of actions. */
  pump(): number {
    return this.#inlet.pump()
  }

  /** Says goodbye. Listeners hear `disconnected` where they heard `connected`. */
  close(): void {
    const attempt = this.#attempt
    if (!attempt) return
    const { carrier, isConnected } = attempt
    this.#over(attempt, isConnected ? { action: 'disconnected', code: 'normal', text: '' } : null)
    carrier?.close()
  }

  // ---- for whoever dials

  /** Begins anew: what was there before ends. */
  protected begin(answer: (isConnected: boolean) => void): Attempt {
    this.close()
    const attempt: Attempt = {
      answer,
      carrier: null,
      line: null,
      isConnected: false,
      isAnswered: false,
      isOver: false,
      early: [],
      earlyBytes: 0,
      waiting: 0,
    }
    this.#attempt = attempt
    return attempt
  }

  /** The wire stands. */
  protected greet(attempt: Attempt, carrier: Carrier): void {
    if (attempt.isOver) return carrier.close()
    if (carrier.messages.talk.isOver)
      return this.failed(attempt, { code: 'disconnected', text: 'This client has been closed already.', cause: null })
    attempt.carrier = carrier
    carrier.on('close', end => this.ended(attempt, end))
    attempt.line = new ClientLine(carrier, this.coding, {
      connected: () => this.#connected(attempt),
      moving: () => {
        attempt.isAnswered = false
      },
      action: (data, bytes) => this.#inlet.action(attempt, bytes, () => this.#hear(data)),
    })
  }

  /** It has come to an end of its own: an error where it never was connected. */
  protected ended(attempt: Attempt, { reason, text }: End): void {
    if (attempt.isConnected) this.#over(attempt, { action: 'disconnected', code: reason, text })
    else this.failed(attempt, { code: reason, text: text || `The connection ended: ${reason}.`, cause: null })
  }

  /** Nothing came of it. @param error null where somebody else is told. */
  protected failed(attempt: Attempt, error: ActionError | null): void {
    this.#over(attempt, error && { action: 'error', error })
  }

  #over(attempt: Attempt, event: ActionData | null): void {
    if (attempt.isOver) return
    attempt.isOver = true
    attempt.isConnected = attempt.isAnswered = false
    attempt.line?.leave()
    if (this.#attempt === attempt) this.#attempt = null
    if (event) this.#inlet.event(() => (event.action === 'error' ? this.#fail(event.error) : this.#tell(event)))
    attempt.answer(false)
  }

  #connected(attempt: Attempt): void {
    attempt.isConnected = attempt.isAnswered = true
    attempt.earlyBytes = 0
    for (const bytes of attempt.early.splice(0)) attempt.line!.send(bytes)
    this.#inlet.event(() => this.#tell({ action: 'connected' }))
    attempt.answer(true)
  }

  #hear(data: unknown): void {
    if (isAction(data)) return void this.#tell(data)
    for (const listener of [...this.#listeners])
      guard(
        () => listener.onOutOfBand(data),
        error => this.#threw(error, 'onOutOfBand'),
      )
  }

  #tell(data: ActionData): boolean {
    let isHeard = false
    for (const listener of [...this.#listeners])
      if (handle(listener, data, (error, where) => this.#threw(error, where, data.action))) isHeard = true
    return isHeard
  }

  #threw(error: unknown, where: string, action?: string): void {
    // A listener of errors that throws would hear of itself for ever.
    if (action === 'error') return logError(error)
    const text = `${where} threw: ${(error as Partial<Error> | null)?.message ?? String(error)}`
    this.#fail({ code: 'handler', text, cause: error })
  }

  #fail(error: ActionError): void {
    if (this.#tell({ action: 'error', error })) return
    if (error.code === 'handler') logError(error.cause)
    else logWarning(`${error.text} A listener with Network_error would hear of it.`)
  }
}
