/** The messages of one game under their ids and names, each to be had from any of the three. */
import { SchemaError, UsageError } from '../base/errors.ts'
import { checkId, FIRST_ID, LAST_ID, type MessageLike, type MessageType, messageOf } from './definition.ts'

/** One message by all that it is known by. */
export interface Registered {
  readonly id: number
  readonly name: string
  readonly type: MessageType
}

/** A message by its id, its name, or itself. */
export type MessageKey = number | string | MessageLike

/**
 * ```ts
 * const registry = new MessageRegistry([Say, Add])
 * registry.id('say')    // 65
 * registry.name(64)     // 'add'
 * registry.type(Say)    // what defineMessage gave
 * ```
 */
export class MessageRegistry implements Iterable<Registered> {
  readonly #byId = new Map<number, Registered>()
  readonly #byName = new Map<string, Registered>()
  #next = FIRST_ID

  /** Those without an id get theirs in the order of their names, whatever the order of the list. */
  constructor(messages: Iterable<MessageLike> = []) {
    const types = [...messages].map(messageOf)
    for (const type of types) if (type.id !== null) this.register(type)
    for (const type of types.filter(({ id }) => id === null).sort((a, b) => (a.name < b.name ? -1 : 1)))
      this.register(type)
  }

  get size(): number {
    return this.#byId.size
  }

  /** @param id default: the message's own, else the lowest from 64 on that is free. @throws SchemaError for a name or id in use. */
  register(message: MessageLike, id: number | null = messageOf(message).id): Registered {
    const type = messageOf(message)
    const { name } = type
    if (id !== null) checkId(id, name)
    const entry = { id: id ?? this.#freeId(name), name, type }
    const twin = this.#byName.get(name) ?? this.#byId.get(entry.id)
    if (twin)
      throw new SchemaError(
        twin.name === name
          ? `The message ${name} is registered already, under the id ${twin.id}.`
          : `The message id ${entry.id} is used twice, by ${twin.name} and by ${name}. Give one of them another.`,
      )
    this.#byId.set(entry.id, entry)
    this.#byName.set(name, entry)
    return entry
  }

  /** Takes a message out. False where it was not there. */
  delete(key: MessageKey): boolean {
    const entry = this.find(key)
    if (!entry) return false
    this.#byName.delete(entry.name)
    return this.#byId.delete(entry.id)
  }

  has(key: MessageKey): boolean {
    return this.find(key) !== undefined
  }

  /** @throws UsageError for what is not registered, as the three below do. */
  get(key: MessageKey): Registered {
    const entry = this.find(key)
    if (entry) return entry
    const what = typeof key === 'number' || typeof key === 'string' ? key : messageOf(key).name
    throw new UsageError(`The message ${what} is not registered. Name it in messages([...]).`)
  }

  id(key: MessageKey): number {
    return this.get(key).id
  }

  name(key: MessageKey): string {
    return this.get(key).name
  }

  type(key: MessageKey): MessageType {
    return this.get(key).type
  }

  /** Undefined for what is not registered. @throws UsageError for what is neither id, name nor message. */
  find(key: MessageKey): Registered | undefined {
    if (typeof key === 'number') return this.#byId.get(key)
    if (typeof key === 'string') return this.#byName.get(key)
    if (typeof key !== 'function' && (typeof key !== 'object' || key === null))
      throw new UsageError(`A message is named by its id, its name or itself, not by ${String(key)}.`)
    const type = messageOf(key)
    const entry = this.#byName.get(type.name)
    return entry?.type === type ? entry : undefined
  }

  [Symbol.iterator](): Iterator<Registered> {
    return this.#byId.values()
  }

  #freeId(name: string): number {
    while (this.#byId.has(this.#next)) this.#next++
    if (this.#next > LAST_ID) throw new SchemaError(`There is no id left for the message ${name}.`)
    return this.#next
  }
}
