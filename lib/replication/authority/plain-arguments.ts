/** Arguments of plain types that have just been written: what reading them back would give, without reading. */
import * as Kind from '../../schema/codec/kinds.ts'
import type { Field } from '../../schema/network-class.ts'

/** The kinds of a field's parameters, or null where one of them is of no plain type. */
export function plainKindsOf(field: Field): readonly number[] | null {
  const kinds = field.schema.params.map(([, shape]) =>
    typeof shape === 'string' ? Kind.plainKinds.indexOf(shape) : -1,
  )
  return kinds.includes(-1) ? null : kinds
}

/** Puts each where it stands into the form that its receivers see. They fit: they have been written. */
export function roundPlain(kinds: readonly number[], args: unknown[]): readonly unknown[] {
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i]!
    if (kind === Kind.FLOAT32) args[i] = Math.fround(args[i] as number)
    // -0 fits an integer, and arrives as 0.
    else if (kind < Kind.FLOAT32) args[i] = (args[i] as number) + 0
  }
  return args
}
