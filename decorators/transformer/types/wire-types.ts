/** The wire types of this package, as they are written in types: `int16`, `str<64>`, `list<int16, 10>`. */
import type { PlainShape, Shape } from '../../../lib/schema/shape.ts'
import type { Scope } from '../source/scope.ts'
import type { Reference, Resolving } from './resolving.ts'
import { isLiterals, type Resolved } from './shapes.ts'

const plain: ReadonlySet<string> = new Set<PlainShape>([
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'varint',
  'float32',
  'float64',
  'bool',
])

/** Names that are wire types as values: what stands for types by hand in `@field(flags, int16)`. */
export const wireValues: ReadonlySet<string> = new Set([
  ...plain,
  'str',
  'bytes',
  'list',
  'quantized',
  'optional',
  'rest',
  'returns',
  'oneOf',
  'union',
  'object',
  'tuple',
  'map',
  'set',
  'date',
  'numbers',
  'nothing',
  'anything',
])

export function wireType(on: Resolving, reference: Reference, name: string, scope: Scope): Resolved {
  const { args } = reference
  if (plain.has(name)) return name as PlainShape
  switch (name) {
    case 'str':
    case 'bytes':
      return args[0] ? [name, limit(0)] : name
    case 'list': {
      if (!args[0])
        on.refuse(reference, scope, 'list needs the type of its items', 'Write for example list<int16, 10>.')
      const of = on.shape(args[0]!, scope)
      return args[1] ? ['list', of, limit(1)] : ['list', of]
    }
    case 'quantized': {
      const [min, max, bits] = [0, 1, 2].map(index => number(index))
      if (!(min! < max!) || !Number.isInteger(bits) || bits! < 1 || bits! > 32)
        on.refuse(
          reference,
          scope,
          'quantized needs min < max and 1 to 32 bits',
          'Write for example quantized<-1, 1, 12>.',
        )
      return ['quantized', min!, max!, bits!] as Shape
    }
    case 'NetworkObject':
      return ['ref', 'NetworkObject']
    default:
      return on.refuse(
        reference,
        scope,
        `${name === '*' ? 'the fieldcast module' : name} of fieldcast is no wire type`,
        'Write a wire type such as int16, str<64> or list<T, Max>, a plain TypeScript type, or a network class.',
      )
  }

  function number(index: number): number {
    const node = args[index]
    const type = node && on.resolve(node, scope)
    if (type && isLiterals(type) && type[1].length === 1 && typeof type[1][0] === 'number') return type[1][0]
    return on.refuse(
      node ?? reference,
      scope,
      `${name} needs a number here`,
      'Write the number itself, like str<64>, or a type that is one literal number.',
    )
  }

  function limit(index: number): number {
    const max = number(index)
    if (!Number.isInteger(max) || max < 0 || max > 0xffffffff)
      on.refuse(
        args[index]!,
        scope,
        `the limit of ${name} must be a whole number from 0 to 2^32 - 1`,
        `Write for example ${name === 'list' ? 'list<int16, 10>' : `${name}<64>`}.`,
      )
    return max
  }
}
