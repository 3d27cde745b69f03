/** The global types of TypeScript that the wire knows, and what to write instead of those that it does not. */
import type { NumbersKind, Shape } from '../../../lib/schema/shape.ts'
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Reference, Resolving } from './resolving.ts'
import { isLiterals, isOptional, type Keys, literals, type Resolved, unionOf } from './shapes.ts'

const hints: Readonly<Record<string, string>> = {
  Promise:
    "A promise cannot be an argument: send what it resolves to. As a method's result, Promise<T> makes a request.",
  PromiseLike: "Write Promise<T> as the method's result.",
  Function: 'Send data, and let the handler decide what to run.',
  Object: 'Write an interface with the keys that are sent, or unknown.',
  String: 'Write string, or str<64> with a limit.',
  Number: 'Write number, or a smaller one such as int16 or float32.',
  Boolean: 'Write boolean.',
  BigInt: 'Write bigint, int64 or uint64.',
  Symbol: 'Write a union of string literals.',
  Uint8ClampedArray: 'Write Uint8Array.',
  Float16Array: 'Write Float32Array, or list<float32, 64>.',
  Buffer: 'Write Uint8Array, or bytes<1024> with a limit.',
  ArrayBuffer: 'Write Uint8Array, or bytes<1024> with a limit.',
  RegExp: 'Send its source as a string.',
  Error: 'Send its message as a string.',
  URL: 'Send its href as a string.',
  ReturnType: 'Write the type itself, or give it a name of its own and use that in both places.',
  Parameters: 'Write the types themselves, as a tuple.',
  Awaited: 'Write the type itself.',
  InstanceType: 'Write the class itself.',
  WeakMap: 'Write Map.',
  WeakSet: 'Write Set.',
}

export function globalType(on: Resolving, reference: Reference, scope: Scope): Resolved {
  const { name, args } = reference
  const arg = (index: number): TSType =>
    args[index] ??
    on.refuse(
      reference,
      scope,
      `${name} needs ${index + 1 === 1 ? 'a type argument' : `${index + 1} type arguments`}`,
      `Write for example ${name}<${index === 0 ? 'string' : 'string, int16'}>.`,
    )
  switch (name) {
    case 'Array':
    case 'ReadonlyArray':
      return ['list', on.shape(arg(0), scope)]
    case 'Set':
    case 'ReadonlySet':
      return ['set', on.shape(arg(0), scope)]
    case 'Map':
    case 'ReadonlyMap': {
      const value = arg(1)
      return ['map', on.shape(arg(0), scope), on.shape(value, scope)]
    }
    case 'Date':
      return 'date'
    case 'Uint8Array':
      return 'bytes'
    case 'Int8Array':
    case 'Int16Array':
    case 'Int32Array':
    case 'BigInt64Array':
    case 'Uint16Array':
    case 'Uint32Array':
    case 'BigUint64Array':
    case 'Float32Array':
    case 'Float64Array':
      return ['numbers', name.replace(/^Big|Array$/g, '').toLowerCase() as NumbersKind]
    case 'Readonly':
      return on.resolve(arg(0), scope)
    case 'Partial':
      return struct(keysOf(arg(0)), shape => unionOf([shape, 'undefined']) as Shape)
    case 'Required':
      return struct(keysOf(arg(0)), shape => (isOptional(shape) ? shape[1] : shape))
    case 'Pick': {
      const chosen = names(arg(1))
      const keys = keysOf(arg(0))
      for (const key of chosen)
        if (!(key in keys))
          on.refuse(args[1]!, scope, `there is no key '${key}' to pick`, 'Name keys that the type has.')
      return struct(Object.fromEntries(Object.entries(keys).filter(([key]) => chosen.includes(key))))
    }
    case 'Omit': {
      const left = names(arg(1))
      return struct(Object.fromEntries(Object.entries(keysOf(arg(0))).filter(([key]) => !left.includes(key))))
    }
    case 'Record': {
      const keys = on.resolve(arg(0), scope)
      if (!isLiterals(keys))
        on.refuse(
          reference,
          scope,
          'a record with open keys cannot be sent',
          "Write Map<string, T>, or Record<'a' | 'b', T> where the keys are known.",
        )
      const value = on.shape(arg(1), scope)
      return struct(Object.fromEntries(names(arg(0)).map(key => [key, value])))
    }
    case 'NonNullable':
      return without(type => type === 'undefined' || type === 'null' || type === null)
    case 'Exclude': {
      const left = unionOf([on.resolve(arg(1), scope)])
      const values = isLiterals(left)
        ? left[1]
        : on.refuse(args[1]!, scope, 'only literals can be excluded', 'Write the union that is left.')
      const type = on.resolve(arg(0), scope)
      if (!isLiterals(type))
        on.refuse(args[0]!, scope, 'only a union of literals can lose members', 'Write the union that is left.')
      return literals(
        (type as readonly ['enum', (typeof values)[number][]])[1].filter(value => !values.includes(value)),
      )
    }
    default:
      return on.refuse(
        reference,
        scope,
        Object.hasOwn(hints, name)
          ? `${name} cannot be sent`
          : `${name} is neither declared here nor imported, and no global type that can be sent`,
        Object.hasOwn(hints, name) ? hints[name]! : `Import ${name}, or declare it in this file.`,
      )
  }

  function keysOf(node: TSType): Keys {
    const type = on.open(on.resolve(node, scope))
    if (typeof type !== 'string' && type[0] === 'struct') return type[1] as Keys
    return on.refuse(node, scope, `${name} needs an object type here`, 'Write an interface or a type literal.')
  }

  function names(node: TSType): string[] {
    const type = on.resolve(node, scope)
    if (
      isLiterals(type) &&
      type[1].every(key => (typeof key === 'string' || typeof key === 'number') && key !== '__proto__')
    )
      return type[1].map(String)
    return on.refuse(node, scope, `${name} needs the keys as literals here`, `Write them out: ${name}<..., 'a' | 'b'>.`)
  }

  function struct(keys: Keys, change: (shape: Shape) => Shape = shape => shape): Shape {
    return ['struct', Object.fromEntries(Object.entries(keys).map(([key, shape]) => [key, change(shape)]))]
  }

  function without(drop: (type: unknown) => boolean): Resolved {
    const strip = (type: Resolved): Resolved => {
      if (drop(type)) return 'never'
      if (isOptional(type)) return strip(type[1])
      if (isLiterals(type)) return literals(type[1].filter(value => !drop(value)))
      return typeof type !== 'string' && type[0] === 'union' ? unionOf((type[1] as readonly Shape[]).map(strip)) : type
    }
    return strip(on.open(on.resolve(arg(0), scope)))
  }
}
