/** The global types of TypeScript that the wire knows, and what to write instead of those that it does not. */
import type { NumbersKind } from '../../../lib/schema/shape.ts'
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { askTypeScript } from './refused-types.ts'
import type { Reference, Resolving } from './resolving.ts'
import type { Resolved } from './shapes.ts'
import { caseType } from './templates.ts'
import { argumentOf } from './utilities.ts'

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
  ReturnType: `Write the type itself, give it a name of its own and use that in both places, ${askTypeScript}.`,
  Parameters: `Write the types themselves, as a tuple, ${askTypeScript}.`,
  ConstructorParameters: `Write the types themselves, as a tuple, ${askTypeScript}.`,
  Awaited: `Write the type itself, ${askTypeScript}.`,
  InstanceType: `Write the class itself, ${askTypeScript}.`,
  WeakMap: 'Write Map.',
  WeakSet: 'Write Set.',
}

export function globalType(on: Resolving, reference: Reference, scope: Scope): Resolved {
  const { name } = reference
  const arg = (index: number): TSType => argumentOf(on, reference, scope, index)
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
    default:
      return (
        caseType(on, name, () => arg(0), scope) ??
        on.refuse(
          reference,
          scope,
          Object.hasOwn(hints, name)
            ? `${name} cannot be sent`
            : `${name} is neither declared here nor imported, and no global type that can be sent`,
          Object.hasOwn(hints, name) ? hints[name]! : `Import ${name}, or declare it in this file.`,
        )
      )
  }
}
