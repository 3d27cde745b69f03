/** What a message is: a name, an id, fields with types, perhaps a reply, and the conditions under which it is taken. Rule 34 of docs/guarantees.md. */
import { SchemaError } from '../base/errors.ts'
import { hash64 } from '../base/hash.ts'
import type { Shape, Types } from '../schema/shape.ts'
import type { WireType } from '../schema/wire.ts'

/** Ids below are the library's. */
export const FIRST_ID = 64
export const LAST_ID = 65535

/** Longest name of a message, a parameter or an encoder, bytes of UTF-8: 100 characters. */
export const longestName = 400

/** Where a message is taken; whatever is left out does not matter. */
export interface MessageConditions {
  /** The connection's `state` on the side that receives. @default 'active' */
  readonly state?: string
  /** The connection's `mode` on the side that receives. */
  readonly mode?: string | number
  /** The side that may receive it. @default 'both' */
  readonly side?: 'server' | 'client' | 'both'
  /** The type that the client connected as: `connect(url, { connectionType })`. */
  readonly connectionType?: string
  /** What one that comes at the wrong time costs: `close` ends the connection with `wrong-state`. @default 'ignore' */
  readonly invalid?: 'ignore' | 'close'
}

export interface MessageOptions<R = void> extends MessageConditions {
  /** 64 to 65,535. Default: the registry gives one, in the order of the names. */
  readonly id?: number
  /** What whoever takes it answers: `messages.ask(...)` gives it. Default: nothing but that it was handled. */
  readonly reply?: WireType<R>
}

/** @typeParam T what travels. @typeParam R what it is answered with. */
export class MessageType<T extends object = any, R = any> {
  /** For the compiler alone. */
  declare readonly phantom?: { value: T; reply: R }
  readonly name: string
  /** Null where the registry gives one. */
  readonly id: number | null
  /** A `['struct', keys]` in normal form. */
  readonly shape: Shape
  /** The recursive types that the shape names. */
  readonly types: Types
  /** Null where nothing is answered. */
  readonly reply: Shape | null
  readonly conditions: MessageConditions
  /** Whose instances arrive; null for plain objects. */
  readonly target: (new () => T) | null
  #hash: string | undefined

  constructor(
    name: string,
    shape: Shape,
    { id, reply, ...conditions }: MessageOptions<R> = {},
    target: (new () => T) | null = null,
    types: Types = {},
  ) {
    checkName(name)
    if (id !== undefined) checkId(id, name)
    checkConditions(name, conditions)
    this.name = name
    this.id = id ?? null
    this.shape = shape
    this.types = types
    this.reply = reply === undefined ? null : replyShape(name, reply)
    this.conditions = conditions
    this.target = target
  }

  /** What both sides must agree on, 16 hex digits. */
  get hash(): string {
    return (this.#hash ??= hash64(JSON.stringify([this.shape, this.types, this.reply])))
  }
}

/** A class that bears `@message`, or what `defineMessage` gave. */
export type MessageLike<T extends object = any, R = any> = MessageType<T, R> | MessageClass<T, R>

/** The reply of a class stands in a static property: `static reply = int32`. */
export type MessageClass<T extends object = any, R = any> = (new () => T) & { readonly reply?: WireType<R> }

/** What is sent of a message: the methods of its class stay at home. */
export type ValueOf<M> = M extends MessageType<infer T, any> ? T : M extends new () => infer T ? DataOf<T> : never
/** What arrives of it. */
export type ArrivalOf<M> = M extends MessageType<infer T, any> ? T : M extends new () => infer T ? T : never
/** What it is answered with. */
export type ReplyOf<M> =
  M extends MessageType<any, infer R> ? R : M extends { readonly reply: WireType<infer R> } ? R : void

type DataOf<T> = { [K in keyof T as T[K] extends (...args: never) => unknown ? never : K]: T[K] }

/** An object with these fields; those that take undefined may be left out. */
export type FieldsOf<K extends Record<string, WireType>> = {
  [N in keyof K as undefined extends K[N]['type'] ? never : N]: K[N]['type']
} & { [N in keyof K as undefined extends K[N]['type'] ? N : never]?: K[N]['type'] }

const classes = new WeakMap<object, MessageType>()

/** Records that a class bears `@message`. @throws SchemaError where it bears that twice. */
export function declareMessage(target: new () => object, type: MessageType): void {
  if (classes.has(target)) throw new SchemaError(`${type.name} bears @message twice. Take one of them away.`)
  classes.set(target, type)
}

/** @throws SchemaError for what is no message. */
export function messageOf(message: MessageLike): MessageType {
  const type = message instanceof MessageType ? message : classes.get(message)
  if (type) return type
  const name = typeof message === 'function' ? (message as { name: string }).name : String(message)
  throw new SchemaError(
    `${name || 'This'} is no message: make one with defineMessage, or put @message(id) on the class.`,
  )
}

/** Namespaces and dots as in `game:chat.say`; no spaces or control characters, which logs and commands would trip over. */
export const isName = (name: unknown): name is string => typeof name === 'string' && /^[^\s\p{C}]{1,100}$/u.test(name)

function checkName(name: unknown): void {
  if (!isName(name))
    throw new SchemaError(
      `A message's name has 1 to 100 characters without spaces, such as 'say' or 'game:chat.say', not ${JSON.stringify(name)}.`,
    )
  if (name.startsWith('fieldcast:'))
    throw new SchemaError(`${name}: names that begin with fieldcast: are the library's.`)
}

/** @throws SchemaError outside 64 to 65,535. */
export function checkId(id: number, name: string): void {
  if (!Number.isInteger(id) || id < FIRST_ID || id > LAST_ID)
    throw new SchemaError(
      `The message ${name} has the id ${id}: ids are whole numbers from ${FIRST_ID} to ${LAST_ID}, those below are the library's.`,
    )
}

/** @throws SchemaError for network objects: who receives a message may see none of them. */
export function checkShape(name: string, shapes: readonly unknown[]): void {
  if (shapes.some(namesObject))
    throw new SchemaError(
      `The message ${name} names a network object. Send its id, a uint32, and look it up in client.objects there.`,
    )
}

/** Whether a shape, or any within, is a reference to a network object. */
export function namesObject(shape: unknown): boolean {
  if (typeof shape !== 'object' || shape === null) return false
  if (Array.isArray(shape) && (shape[0] === 'ref' || shape[0] === 'enum')) return shape[0] === 'ref'
  return Object.values(shape).some(namesObject)
}

function replyShape(name: string, reply: WireType): Shape {
  if (reply?.role !== 'argument' || reply.shape[0] === 'rest')
    throw new SchemaError(
      `The message ${name}: its reply is no wire type. Write int32, str(64), wire.object({ ... }) and the like.`,
    )
  return reply.shape as Shape
}

function checkConditions(name: string, { side = 'both', invalid = 'ignore' }: MessageConditions): void {
  if (!['server', 'client', 'both'].includes(side))
    throw new SchemaError(`The message ${name}: side is server, client or both, not ${JSON.stringify(side)}.`)
  if (!['ignore', 'close'].includes(invalid))
    throw new SchemaError(`The message ${name}: invalid is ignore or close, not ${JSON.stringify(invalid)}.`)
}
