import type { float32 } from 'fieldcast'
import type { Box, Circle } from 'geometry'

export * from './index.ts'
export type Shape = Circle | Box | { kind: 'path'; points: [float32, float32][] }
export namespace units {
  export type Meters = float32
}
export type Maybe<T> = T | null
export type Pair<A, B = A> = readonly [first: A, second: B]
