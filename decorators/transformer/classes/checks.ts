/** What registration would refuse at load, refused with its place while the source is read, as far as the source tells. */
import { FIRST_ID, LAST_ID } from '../../../lib/messages/definition.ts'
import { contradiction, Flags } from '../../../lib/schema/flags.ts'
import { readRate } from '../../../lib/schema/rate.ts'
import type { FieldSchema } from '../../../lib/schema/shape.ts'
import { UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { Node } from '../source/parse.ts'
import { flagsOf, optionsOf } from './arguments.ts'
import { constant, isPartial, unknown } from './constants.ts'
import type { DecoratedClass, Decoration } from './decorations.ts'

interface Given {
  readonly decoration: Decoration
  readonly key?: string
  readonly schema: object | null
}

/** @throws UnresolvedType for flags that contradict each other and for ids that cannot stand. */
export function checkRegistrations(modules: Modules, decorated: DecoratedClass, registrations: readonly Given[]): void {
  const pins = new Map<unknown, string>()
  for (const { decoration, key, schema } of registrations) {
    const [first, second] = decoration.call!.arguments
    if (!first || first.type === 'SpreadElement' || second?.type === 'SpreadElement') continue
    if (decoration.name === 'networkClass') checkClassId(first)
    if (decoration.name === 'message') checkMessageId(first)
    if (key === undefined) continue
    const subject = `${decorated.name ?? 'class'}.${key}`
    checkFlags(first, schema as FieldSchema | null, subject)
    const options = second && optionsOf(constant(modules, decorated.scope, second))
    if (!options) continue
    checkPin(second, options.id, key, subject)
    checkRate(first, second, options.rate, subject)
  }

  function checkClassId(at: Node): void {
    const id = constant(modules, decorated.scope, at)
    if (id === unknown || isWhole(id, 1)) return
    refuse(at, `${shown(id)} is no class id`, 'Write a whole number from 1 to 65535.', decorated.name)
  }

  function checkMessageId(at: Node): void {
    const id = constant(modules, decorated.scope, at)
    if (id === unknown || id === undefined || isWhole(id, FIRST_ID)) return
    const hint = `Write a whole number from ${FIRST_ID} to ${LAST_ID}: those below are the library's. Or leave it out.`
    refuse(at, `${shown(id)} is no id of a message`, hint, decorated.name)
  }

  function checkFlags(at: Node, schema: FieldSchema | null, subject: string): void {
    const flags = flagsOf(constant(modules, decorated.scope, at))
    if (flags === unknown) return
    const clash = contradiction(flags as number)
    if (clash) refuse(at, clash, 'Combine flags that can stand together: docs/api.md, "Flags".', subject)
    if (schema?.result !== undefined && (flags as number) & Flags.Predict)
      refuse(at, "a request waits for the server's answer; Predict would not", 'Keep one of them.', subject)
  }

  function checkPin(at: Node, id: unknown, key: string, subject: string): void {
    if (id === unknown || id === undefined) return
    if (!isWhole(id, 0)) refuse(at, `${shown(id)} is no field id`, 'Write a whole number from 0 to 65535.', subject)
    const holder = pins.get(id)
    if (holder !== undefined && holder !== key)
      refuse(
        at,
        `the fields ${holder} and ${key} are both pinned to id ${shown(id)}`,
        'Give one of them another.',
        subject,
      )
    pins.set(id, key)
  }

  function checkRate(flagsAt: Node, at: Node, rate: unknown, subject: string): void {
    if (rate === undefined || isPartial(rate)) return
    const limit = readRate(rate)
    if (typeof limit === 'string') {
      const [what, how] = limit.split(': write ') as [string, string]
      refuse(at, what, `Write ${how}`, subject)
    }
    const flags = flagsOf(constant(modules, decorated.scope, flagsAt))
    if (flags !== unknown && !((flags as number) & (Flags.OwnerSend | Flags.ClientSend)))
      refuse(
        at,
        'a rate limits clients, and none may send it',
        'Add OwnerSend or ClientSend, or leave it out.',
        subject,
      )
  }

  function refuse({ start, end }: Node, what: string, hint: string, subject: string | undefined): never {
    const { file, source } = decorated.scope.module
    throw new UnresolvedType({ file, source, start, end }, what, hint, subject)
  }
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= 65535
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
