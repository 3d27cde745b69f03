// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are source texts of types.
/** Random programs of type aliases over a small world of interfaces, constants, enums and generics. */
import fc from 'fast-check'

const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
const key = one('a', 'b', 'c', 'd')
const literal = one("'a'", "'b'", "'x'", '1', '2', '-1', 'true', 'null')
const plain = one('string', 'number', 'boolean', 'undefined')
const textOf =
  (...parts: string[]) =>
  (values: string[]): string =>
    parts.map((part, index) => part + (values[index] ?? '')).join('')

/** What a type may be made of; `object` is a type with keys, at least mostly. */
const { type, object } = fc.letrec<{ type: string; object: string; keys: string; constant: string }>(tie => {
  const { type, object, keys } = { type: tie('type'), object: tie('object'), keys: tie('keys') }
  const of = (parts: readonly string[], ...given: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...given).map(textOf(...parts))
  const member = fc
    .tuple(
      one('', 'readonly '),
      fc.oneof({ arbitrary: key, weight: 4 }, { arbitrary: one('1', "'1'", '[E.A]'), weight: 1 }),
      one('', '?'),
      type,
    )
    .map(([readonly, name, mark, of]) => `${readonly}${name}${mark}: ${of}`)
  const literalType = fc
    .uniqueArray(member, { selector: text => /[\w'[\].]+\??:/.exec(text)?.[0], minLength: 1, maxLength: 3 })
    .map(members => `{ ${members.join('; ')} }`)
  return {
    constant: one('typeof config', 'typeof pair', 'typeof nested', 'typeof E', 'typeof loose', 'typeof typed'),
    keys: fc.oneof(
      { depthSize: 'small' },
      fc.uniqueArray(one("'a'", "'b'", "'c'", '1'), { minLength: 1, maxLength: 3 }).map(all => all.join(' | ')),
      of(['keyof (', ')'], object),
      of(['Exclude<keyof ', ', ', '>'], object, literal),
      one('E', 'keyof typeof config'),
    ),
    object: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      one('A', 'B', 'C', 'D', 'Tree'),
      literalType,
      tie('constant').map(text => `(${text})`),
      of(['Box<', '>'], type),
      of(['Partial<', '>'], object),
      of(['Required<', '>'], object),
      of(['Strict<', '>'], object),
      of(['Deep<', '>'], object),
      of(['Flags<', '>'], object),
      of(['Pick<', ", '", "'>"], object, key),
      of(['Some<', ", '", "'>"], object, key),
      of(['Omit<', ", '", "'>"], object, key),
      of(['Record<', ', ', '>'], keys, type),
      of(['(', ' & ', ')'], object, object),
      of(['(', ' | ', ')'], object, object),
      of(['{ [K in ', ']: ', ' }'], keys, type),
      of(['{ [K in ', ']', ': K }'], keys, one('?', '-?', '')),
      fc
        .tuple(object, one('', '?', '-?'), one('', 'readonly ', '-readonly '))
        .map(([of, mark, read]) => `{ ${read}[K in keyof (${of})]${mark}: (${of})[K] }`),
      fc.tuple(keys, type).map(([names, of]) => `{ [K in ${names} as \`get\${K & string}\`]: ${of} }`),
      fc.tuple(object, type).map(([of, value]) => `{ [K in keyof (${of}) as Exclude<K, 'a'>]?: ${value} }`),
    ),
    type: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      literal,
      plain,
      object,
      of(['(', ' | ', ')'], type, type),
      of(['(', ')[]'], type),
      of(['[', ', ', ']'], type, type),
      of(['keyof (', ')'], object),
      of(['(', ")['", "']"], object, key),
      of(['(', ')[1]'], object),
      object.map(text => `(${text})[keyof (${text})]`),
      of(['(', ')[number]'], fc.oneof(one('typeof pair', 'typeof loose'), of(['[', ', ', ']'], type, type))),
      of(['Exclude<', ', ', '>'], type, type),
      of(['Extract<', ', ', '>'], type, type),
      of(['NonNullable<', '>'], type),
      fc.tuple(keys, type).map(([a, b]) => `\`\${${a}}-\${${b} & (string | number)}\``),
      of(['`${', '}-${', '}`'], literal, of(['(', ' | ', ')'], literal, literal)),
      of(['Uppercase<', '>'], one("'a' | 'bc'", 'keyof typeof config')),
      one('typeof E.A', 'typeof config.slow', 'typeof pair', 'typeof five', 'typeof again', 'typeof widened'),
    ),
  }
})

const scalar = one("'x'", "'y'", '1', '2', '-3', 'true', 'null', '`t`', 'five', 'E.A')
const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map(items => `[${items.join(', ')}]`),
    fc
      .uniqueArray(key, { minLength: 1, maxLength: 3 })
      .chain(names =>
        fc
          .tuple(...names.map(() => tie('expression')))
          .map(values => `{ ${values.map((value, index) => `${names[index]}: ${value}`).join(', ')} }`),
      ),
    one('1 + 1', "'a' + 'b'", 'config.slow', 'nested.at', '[] as const', "'q' as 'q' | 'r'", '(1)'),
  ),
}))
const constant = fc.tuple(expression, one('', ' as const', ' as const satisfies unknown')).map(textOf('', ''))

const world = `
enum E { A, B = 4 }
const five = 5
const again = five
const widened = [five, again]
const config = { slow: 1, fast: 2, deep: { on: true, off: 'x' } } as const
const pair = ['a', 'b'] as const
const nested = { at: [1, 2], name: 'n', ref: config }
const loose = [{ id: 'a', a: 1 }, { id: 'b', a: 2 }] as const
const typed: A = { a: 'x', b: 1 }
interface A { a: 'x' | 'y'; b?: number }
interface B extends A { c: boolean | null; 1: 'one' }
interface C { get a(): string; b: A; d?: 'q' }
interface Tree { a: string; b?: Tree['a']; c: Pick<B, 'a'>[] }
type D = { a: 1 } | { a: 2; b: string }
type Box<T, U = T[]> = { a: T; b?: U }
type Strict<T> = { -readonly [K in keyof T]-?: T[K] }
type Flags<T> = { [K in keyof T]: boolean }
type Deep<T> = { [K in keyof T]?: Deep<T[K]> }
type Some<T, K extends keyof T> = { [P in K]: T[P] }
`

/** A program with some aliases T0, T1 and so on, half of them the types of constants. */
export const program: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof(type, object), { minLength: 12, maxLength: 12 }),
    fc.array(constant, { minLength: 6, maxLength: 6 }),
  )
  .map(([types, constants]) => {
    const aliases = types.map((text, index) => `type T${index} = ${text}`)
    const values = constants.map((text, index) => `const v${index} = ${text}; type Tv${index} = typeof v${index}`)
    return [world, ...values, ...aliases].join('\n')
  })
