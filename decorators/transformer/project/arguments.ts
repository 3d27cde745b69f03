/** What the decorators of a class are given, computed from the source; refused where it takes a run to know. */
import type { ClassOptions, FieldOptions } from '../../../lib/schema/declaration.ts'
import type { WireType } from '../../../lib/schema/wire.ts'
import { flagsOf, optionsOf } from '../classes/arguments.ts'
import { constant, isPartial, isPlain, unknown } from '../classes/constants.ts'
import type { Registration } from '../classes/registration.ts'
import type { Modules } from '../source/modules.ts'
import type { Node } from '../source/parse.ts'
import { refuse, type SourceLevel } from './classes.ts'

const hint =
  'Write it as a constant expression: Flags.OwnerSend | Flags.RAM, a literal, a const, an enum member, or what an object holds that is `as const`.'

interface Given {
  readonly value: unknown
  readonly at: Node
}

export interface ClassArguments {
  readonly id: number
  /** As far as they are known; the contract has no part in them. */
  readonly options: ClassOptions
}

export interface FieldArguments {
  readonly flags: number
  /** The id, and the others as far as they are known. */
  readonly options: FieldOptions
  /** Those by hand. */
  readonly types: readonly WireType[]
}

/** @throws UnresolvedType where the id cannot be computed. */
export function classArguments(modules: Modules, level: SourceLevel, registration: Registration): ClassArguments {
  const [id, options] = given(modules, level, registration)
  const value = needed(level, registration, id, 'id', 'the id of this class', level.name)
  return { id: value as number, options: isPlain(options?.value) ? knownOf(options.value) : {} }
}

/** @throws UnresolvedType where the flags, the pinned id or a type by hand cannot be computed. */
export function fieldArguments(modules: Modules, level: SourceLevel, registration: Registration): FieldArguments {
  const [flags, ...others] = given(modules, level, registration)
  const subject = `${level.name}.${registration.key}`
  const need = (item: Given | undefined, what: string): unknown =>
    needed(level, registration, item, 'flags', what, subject)
  const sum = flagsOf(need(flags, 'these flags'))
  const options = optionsOf(others[0]?.value)
  if (options && isPartial(options.id)) need({ value: unknown, at: others[0]!.at }, 'the pinned id')
  const types = (options ? others.slice(1) : others).map(item => need(item, 'this argument') as WireType)
  return { flags: sum as number, options: options ? knownOf(options) : {}, types }
}

function given(modules: Modules, { scope }: SourceLevel, { decoration }: Registration): Given[] {
  return decoration.call!.arguments.flatMap((at): Given[] => {
    if (at.type !== 'SpreadElement') return [{ value: constant(modules, scope, at), at }]
    const values = constant(modules, scope, at.argument)
    return Array.isArray(values) ? values.map(value => ({ value, at })) : [{ value: unknown, at }]
  })
}

function needed(
  { scope }: SourceLevel,
  { decoration }: Registration,
  item: Given | undefined,
  first: string,
  what: string,
  subject: string,
): unknown {
  if (item && !isPartial(item.value)) return item.value
  const problem = item ? `${what} cannot be computed from the source` : `@${decoration.name} has no ${first}`
  return refuse(scope.module, item?.at ?? decoration.decorator, problem, hint, subject)
}

function knownOf(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isPartial(value)))
}
