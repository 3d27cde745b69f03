/** `@field(flags)`: makes a method callable from afar. */
import { SchemaError } from '../lib/base/errors.ts'
import { declareField, type FieldOptions } from '../lib/schema/declaration.ts'
import type { FieldSchema } from '../lib/schema/shape.ts'
import type { WireType } from '../lib/schema/wire.ts'
import type { FieldDecorator } from './field-decorator.ts'
import type { FlagsGiven } from './flag-fault.ts'

export type { FieldDecorator } from './field-decorator.ts'

/**
 * Makes a method a field: `object.send.method(...)` sends it, the method's body is the handler wherever a call is delivered.
 *
 * The parameter types are the wire format. They are read from the source by `fieldcast/register` or `fieldcast/vite`,
 * or given by hand, and then compared with the method by the compiler: `@field(Flags.OwnerSend, int16, str(64))`.
 *
 * @param flags who may send, who receives, what is kept: see {@link Flags}. 0: the server alone sends, the owner alone receives.
 * `Flags.A | Flags.B`, or `[Flags.A, Flags.B]`, in which the compiler sees contradictions.
 * @throws SchemaError at load, for flags that contradict each other and for types that are missing.
 */
export function field<const F extends FlagsGiven, const T extends readonly WireType[]>(
  flags: F,
  ...types: T
): FieldDecorator<T, F>
export function field<const F extends FlagsGiven, const T extends readonly WireType[]>(
  flags: F,
  options: FieldOptions,
  ...types: T
): FieldDecorator<T, F>
export function field(
  given: FlagsGiven,
  ...rest: (FieldOptions | WireType | FieldSchema)[]
): (target: unknown, place: unknown, third?: unknown) => void {
  const flags = typeof given === 'number' ? given : given.reduce((all, flag) => all | flag, 0)
  // What `fieldcast patch` and `fieldcast/ts-transformer` add as the last argument.
  const last = rest.at(-1)
  const injected = last && 'params' in last ? (rest.pop() as FieldSchema) : null
  // Not instanceof: a program without types by hand does not carry their class.
  const options = rest[0] && !('role' in rest[0]) ? (rest.shift() as FieldOptions) : {}
  const types = rest as WireType[]

  const record = (holder: object, name: string, schema = injected): void => {
    // The transformer, where it runs, still contributes the parameters' names.
    const names = schema?.params.map(([parameter]) => parameter) ?? []
    declareField(holder, { name, flags, options, schema: types[0]?.schemaOf(name, types, names) ?? schema })
  }
  return (target: unknown, place: unknown, third?: unknown): void => {
    const context = place as Partial<ClassMethodDecoratorContext> | undefined
    if (context?.kind) {
      const { kind, name, metadata } = context as ClassMethodDecoratorContext & { kind: string }
      if (kind !== 'method' || context.static || context.private) throw misplaced(name)
      record(metadata, String(name))
    } else if (typeof target !== 'function') {
      record(target as object, String(place))
    } else if (!third || 'params' in (third as object)) {
      // The transformer's form: (class, name, schema), from a static block.
      record(target.prototype as object, String(place), third as FieldSchema | null)
    } else {
      throw misplaced(place)
    }
  }
}

const misplaced = (name: unknown): SchemaError =>
  new SchemaError(`@field on ${String(name)}: a field is a public method of an instance, no static or private member.`)
