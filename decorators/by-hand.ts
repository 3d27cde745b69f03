/** What the compiler makes of types by hand: the parameters that `@field(flags, int16, str(64))` asks for. */
import type { NoParameters, RestOf, ResultOf, WireType } from '../lib/schema/wire.ts'

export type ArgumentsOf<T extends readonly WireType[]> = T extends readonly [
  infer First,
  ...infer Others extends readonly WireType[],
]
  ? First extends WireType<RestOf<infer R>>
    ? R[]
    : First extends WireType<ResultOf<unknown>> | WireType<NoParameters>
      ? []
      : First extends WireType<infer A>
        ? undefined extends A
          ? [argument?: A, ...others: ArgumentsOf<Others>]
          : [argument: A, ...others: ArgumentsOf<Others>]
        : never
  : []
