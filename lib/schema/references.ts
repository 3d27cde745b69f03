/** Network objects as arguments: what both sides check of one. */
import { Misfit } from './codec.ts'
import type { AnyClass } from './declaration.ts'
import { NetworkObject } from './network-object.ts'
import type { Schema } from './schema.ts'

export { Misfit, type References } from './codec.ts'

/** @throws Misfit where `value` is no object of the class that a reference's target names. */
export function checkClass(schema: Schema, value: unknown, target: string | number): void {
  const expected: AnyClass = schema.target(target) ?? NetworkObject
  if (!(value instanceof expected)) throw new Misfit(`a ${expected.name} or null`, value)
}
