/** `@message(id)`: makes a class a message whose properties are its typed fields. */
import { SchemaError } from '../lib/base/errors.ts'
import { checkShape, declareMessage, type MessageConditions, MessageType } from '../lib/messages/definition.ts'
import type { Shape, StructSchema } from '../lib/schema/shape.ts'
import type { WireType } from '../lib/schema/wire.ts'
import type { MessageClassOf, MessageId } from './class-decorator.ts'
import { isStructSchema } from './struct-schema.ts'

export interface MessageClassOptions extends MessageConditions {
  /** Stands for it in the registry, on both sides. Default: the class's own name. */
  readonly name?: string
  /** The fields by hand, where no transformer reads them: `wire.object({ text: str(200) })`. */
  readonly type?: WireType
}

/**
 * Makes a plain class a message that both sides import: its properties travel, its methods stay at home, its instances arrive.
 * It must be possible to construct one without arguments. What it is answered with stands in a static property.
 *
 * ```ts
 * @message(64)
 * export class Say { text: str<200> = '' }
 * @message()
 * export class Add { static reply = int32; a: int32 = 0; b: int32 = 0 }
 * ```
 *
 * @param id 64 to 65,535. Default: the registry gives one, in the order of the names.
 * @param schema is left to `fieldcast patch` and `fieldcast/ts-transformer`.
 * @throws SchemaError at load: for an id or name that will not do, properties that nobody has read, and network objects among them.
 */
export function message<const Id extends number>(
  id?: MessageId<Id>,
  options?: MessageClassOptions,
  schema?: StructSchema,
): <C>(target: MessageClassOf<C>, context?: unknown) => void
export function message(
  id?: number,
  options: MessageClassOptions = {},
  schema?: StructSchema,
): (target: new () => object, given?: unknown) => void {
  if (typeof id === 'function')
    throw new SchemaError(`@message on ${(id as { name: string }).name} needs parentheses: @message().`)
  const { name, type, ...conditions } = options
  if ('reply' in conditions)
    throw new SchemaError('@message: the reply of a class stands in a static property: static reply = int32.')
  return (target, given) => {
    const context = typeof given === 'object' && given !== null && 'kind' in given ? (given as Context) : undefined
    if (typeof target !== 'function' || typeof given === 'string' || (context && context.kind !== 'class'))
      throw new SchemaError(
        `@message on ${String(context?.name ?? given)}: it stands on a member. Put it on the class.`,
      )
    const read = schema ?? (isStructSchema(given) ? given : undefined)
    const label = name ?? read?.name ?? target.name
    const shape = (type?.shape ?? (read && ['struct', read.keys])) as Shape | undefined
    if (shape?.[0] !== 'struct')
      throw new SchemaError(
        `@message() on ${label}: its properties have not been read. Read them through fieldcast/register, a bundler's plugin or fieldcast patch, or give them by hand: @message(64, { type: wire.object({ text: str(200) }) }).`,
      )
    const declare = (): void => {
      const { reply } = target as { readonly reply?: WireType }
      checkShape(label, [shape, read?.types, reply?.shape])
      const all = { ...conditions, ...(id !== undefined && { id }), ...(reply !== undefined && { reply }) }
      declareMessage(target, new MessageType(label, shape, all, target, type ? {} : read?.types))
    }
    // In the standard dialect a class has its static properties only after its decorators.
    if (context) context.addInitializer(declare)
    else declare()
  }
}

interface Context {
  readonly kind: string
  readonly name: unknown
  addInitializer(initializer: () => void): void
}
