/** How the classes differ from their lock file, in words, and what follows from it. A client whose hash differs is refused: rule 28 of docs/guarantees.md. */
import { Flags } from '../../../lib/schema/flags.ts'
import { classNames } from './describe.ts'
import { type Lock, type LockedClass, type LockedField, outlineOf } from './lock.ts'
import { type ClassNames, flagNames, signatureText } from './notation.ts'

export interface Changes {
  /** `compatible`: the hash is the same, so clients that were built before still connect. */
  readonly verdict: 'unchanged' | 'compatible' | 'breaks'
  /** One for each class and field that differs. */
  readonly differences: readonly string[]
  /** What this means for Database fields, whose values outlive the old form. */
  readonly stored: readonly string[]
}

interface Pair<T> {
  readonly was: T
  readonly is: T
}

export function changesSince(locked: Lock, now: Lock): Changes {
  const names: Pair<ClassNames> = { was: classNames(outlineOf(locked)), is: classNames(outlineOf(now)) }
  const classes = pairs(locked.classes, now.classes, ({ id }) => id)
  // What is left of both may be one class under another id.
  const moved = pairs(classes.gone, classes.fresh, ({ name }) => name)
  const both = [...classes.both, ...moved.both]
  if (locked.hash === now.hash) {
    const differences = both.flatMap(pair => renamings(pair, names))
    return { verdict: differences.length === 0 ? 'unchanged' : 'compatible', differences, stored: [] }
  }
  return {
    verdict: 'breaks',
    differences: [
      ...moved.fresh.map(({ id, name }) => `${name} (class ${id}) is new`),
      ...moved.gone.map(({ id, name }) => `${name} (class ${id}) is gone`),
      ...moved.both.map(({ was, is }) => `${is.name}: locked as class ${was.id}, now class ${is.id}`),
      ...both.flatMap(pair => classDifferences(pair, names)),
    ],
    stored: [
      ...moved.gone.filter(isStored).map(({ id, name }) => `${name} (class ${id}) is gone.`),
      ...moved.both
        .filter(({ was }) => isStored(was))
        .map(({ was, is }) => `${is.name} was class ${was.id}, and is class ${is.id} now.`),
      ...both.flatMap(pair => storedDifferences(pair, names)),
    ],
  }
}

/** What the hash does not cover. */
function renamings({ was, is }: Pair<LockedClass>, names: Pair<ClassNames>): string[] {
  const fields = pairs(was.fields, is.fields, ({ name }) => name).both.filter(
    pair => parameterNames(pair.was) !== parameterNames(pair.is),
  )
  return [
    ...(was.name === is.name ? [] : [`${was.name} (class ${is.id}) is called ${is.name} now`]),
    ...fields.map(pair => `${is.name}.${pair.is.name}: ${lockedAndNow(pair, names)}`),
  ]
}

function classDifferences({ was, is }: Pair<LockedClass>, names: Pair<ClassNames>): string[] {
  const { both, gone, fresh } = pairs(was.fields, is.fields, ({ name }) => name)
  const renumbered = both.filter(pair => pair.was.id !== pair.is.id)
  return [
    ...fresh.map(field => `${is.name}.${field.name}${signatureText(field, names.is)} is new`),
    ...gone.map(field => `${is.name}.${field.name}${signatureText(field, names.was)} is gone`),
    ...both.flatMap(pair => [
      ...(pair.was.flags === pair.is.flags
        ? []
        : [`${is.name}.${pair.is.name}: locked flags ${flagsText(pair.was)}, now ${flagsText(pair.is)}`]),
      ...(types(pair.was) === types(pair.is) ? [] : [`${is.name}.${pair.is.name}: ${lockedAndNow(pair, names)}`]),
    ]),
    ...(renumbered.length === 0
      ? []
      : [
          `${is.name}: fields renumbered: ${renumbered.map(pair => `${pair.is.name} ${pair.was.id} → ${pair.is.id}`).join(', ')}`,
        ]),
  ]
}

function storedDifferences({ was, is }: Pair<LockedClass>, names: Pair<ClassNames>): string[] {
  const { both, gone } = pairs(was.fields.filter(isDatabase), is.fields, ({ name }) => name)
  return [
    ...gone.map(
      ({ id, name }) =>
        `${is.name}.${name} was field ${id}, and is gone. A field that carries on with its values keeps the number: @field(flags, { id: ${id} }).`,
    ),
    ...both.flatMap(pair => {
      const path = `${is.name}.${pair.is.name}`
      const { id } = pair.was
      return [
        ...(id === pair.is.id
          ? []
          : [
              `${path} was field ${id}, and is ${pair.is.id} now. This keeps the number: @field(flags, { id: ${id} }).`,
            ]),
        ...(types(pair.was) === types(pair.is) ? [] : [`${path}: ${lockedAndNow(pair, names)}.`]),
        ...(isDatabase(pair.is) ? [] : [`${path} is not kept in the database any more.`]),
      ]
    }),
  ]
}

function lockedAndNow({ was, is }: Pair<LockedField>, names: Pair<ClassNames>): string {
  const [locked, now] = [signatureText(was, names.was), signatureText(is, names.is)]
  return locked === now ? `${now} names a class whose id has changed` : `locked ${locked}, now ${now}`
}

/** What two runs have in common by a key, and what only one of them has. */
function pairs<T>(
  was: readonly T[],
  is: readonly T[],
  key: (item: T) => string | number,
): { both: Pair<T>[]; gone: T[]; fresh: T[] } {
  const before = new Map(was.map(item => [key(item), item]))
  const now = new Map(is.map(item => [key(item), item]))
  return {
    both: is.flatMap(item => (before.has(key(item)) ? [{ was: before.get(key(item))!, is: item }] : [])),
    gone: was.filter(item => !now.has(key(item))),
    fresh: is.filter(item => !before.has(key(item))),
  }
}

const types = ({ params, result, types }: LockedField): string =>
  JSON.stringify([params.map(([, shape]) => shape), result, types])

const parameterNames = ({ params }: LockedField): string => JSON.stringify(params.map(([name]) => name))

const flagsText = ({ flags }: LockedField): string => flagNames(flags).join(' | ') || '0'

const isDatabase = ({ flags }: LockedField): boolean => (flags & Flags.Database) === Flags.Database

const isStored = ({ fields }: LockedClass): boolean => fields.some(isDatabase)
