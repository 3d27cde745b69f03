/** `@networkClass(id)`: puts a class into the registry. */
import { UsageError } from '../lib/base/errors.ts'
import { type AnyClass, adoptFields, type ClassOptions, declareField } from '../lib/schema/declaration.ts'
import { numberFields } from '../lib/schema/network-class.ts'
import { NetworkObject } from '../lib/schema/network-object.ts'
import { Registry } from '../lib/schema/registry.ts'
import type { ClassSchema } from '../lib/schema/shape.ts'
import { registerClass } from '../lib/schema/validate.ts'
import type { ClassId, NetworkClassOf } from './class-decorator.ts'

/**
 * Registers a class that extends NetworkObject under an id (1 to 65,535) that server and client share.
 *
 * ```ts
 * @networkClass(10)
 * export class Player extends NetworkObject { ... }
 * ```
 *
 * @param schema is left to `fieldcast patch` and `fieldcast/ts-transformer`.
 * @throws SchemaError at load: for an id in use, fields without types, flags that contradict each other.
 */
export function networkClass<const Id extends number>(
  id: ClassId<Id>,
  options?: ClassOptions,
  schema?: ClassSchema,
): <C>(target: NetworkClassOf<C>, context?: unknown) => void
export function networkClass(
  id: number,
  options: ClassOptions = {},
  schema?: ClassSchema,
): (target: AnyClass, given?: ClassDecoratorContext | ClassSchema) => void {
  return (target, given) => {
    // The older dialect gives nothing, the transformer the class's schema.
    const context = given && 'kind' in given ? given : undefined
    const read = schema ?? (context ? undefined : (given as ClassSchema | undefined))
    const name = read?.name ?? target.name
    if (!(target.prototype instanceof NetworkObject))
      throw new UsageError(
        `@networkClass(${id}) on ${name}: the class must extend NetworkObject, of the same copy of fieldcast (npm ls fieldcast).`,
      )
    if (context?.metadata) adoptFields(target, context.metadata)
    for (const { declaration } of numberFields(target)) {
      // The transformer hands over the fields of a generic base here: only this class knows what the base's type parameters stand for.
      const types = read?.fields?.[declaration.name]
      if (types && !declaration.schema) declareField(target.prototype, { ...declaration, schema: types })
    }
    registerClass(target, { id, name, options, registry: options.registry ?? Registry.shared, bases: read?.bases })
  }
}
