/** Messages with their types by hand: no transformer is needed. */
import type { Shape } from '../schema/shape.ts'
import { object, type WireType } from '../schema/wire.ts'
import { checkShape, type FieldsOf, type MessageOptions, MessageType } from './definition.ts'

/**
 * Makes a message that both sides import.
 *
 * ```ts
 * export const Say = defineMessage('say', { text: str(200) })
 * export const Add = defineMessage('add', { a: int32, b: int32 }, { id: 64, reply: int32 })
 * ```
 *
 * @param name stands for it in the registry, on both sides.
 * @throws SchemaError for a name or id that will not do, and for types that cannot travel in a message.
 */
export function defineMessage<const K extends Record<string, WireType>, R = void>(
  name: string,
  fields: K,
  options: MessageOptions<R> = {},
): MessageType<FieldsOf<K>, R> {
  const shape = object(fields).shape as Shape
  checkShape(name, [shape, options.reply?.shape])
  return new MessageType<FieldsOf<K>, R>(name, shape, options)
}
