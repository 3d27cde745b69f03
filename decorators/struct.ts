/** `@struct()`: lets instances of a class travel as instances. */
import { SchemaError } from '../lib/base/errors.ts'
import { Registry } from '../lib/schema/registry.ts'
import type { Shape, StructSchema } from '../lib/schema/shape.ts'
import type { WireType } from '../lib/schema/wire.ts'
import type { StructOf } from './class-decorator.ts'
import { isStructSchema } from './struct-schema.ts'

export interface StructOptions {
  /** The properties by hand, where no transformer reads them: `wire.object({ x: float32 })`. */
  readonly type?: WireType
  /** The table of names that the struct joins. Default: the one that all classes of the process share. */
  readonly registry?: Registry
}

/**
 * Registers a plain class whose instances arrive as instances: as arguments of that type, and within `unknown`.
 * It must be possible to construct one without arguments; its methods stay at home.
 *
 * ```ts
 * @struct()
 * export class Vec { x: float32 = 0; y: float32 = 0; get length() { return Math.hypot(this.x, this.y) } }
 * ```
 *
 * @param name stands for the class on the wire. Default: the class's own name.
 * @param schema is left to `fieldcast patch` and `fieldcast/ts-transformer`.
 * @throws SchemaError at load: for a name in use, or properties that nobody has read.
 */
export function struct(
  name?: string,
  options?: StructOptions,
  schema?: StructSchema,
): <C>(target: StructOf<C>, context?: unknown) => void
export function struct(
  name?: string,
  options: StructOptions = {},
  schema?: StructSchema,
): (target: new () => object, context?: unknown) => void {
  return (target, context) => {
    const read = schema ?? (isStructSchema(context) ? context : undefined)
    const label = name ?? read?.name ?? target.name
    const shape = options.type?.shape ?? (read && (['struct', read.keys] as const))
    const registry = options.registry ?? Registry.shared
    if (shape?.[0] !== 'struct')
      throw new SchemaError(
        `@struct() on ${label}: its properties have not been read. Read them through fieldcast/register, a bundler's plugin or fieldcast patch, or give them by hand: @struct('${label}', { type: wire.object({ x: float32 }) }).`,
      )
    if (registry.structs.has(label))
      throw new SchemaError(`The struct name ${label} is used twice. Name one of them: @struct('Other${label}').`)
    registry.structs.set(label, {
      target,
      shape: ['instance', label, shape[1] as Readonly<Record<string, Shape>>],
      ...(read?.types && { types: read.types }),
    })
  }
}
