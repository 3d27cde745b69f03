/** Where TypeScript may narrow a variable's type by what was assigned to it, its declared type is not what `typeof` gives. */
import type { Scope } from '../source/scope.ts'
import { readParts } from './keys.ts'
import type { Part } from './members.ts'
import { askTypeScript } from './refused-types.ts'
import type { Resolving, Span } from './resolving.ts'
import { isLiterals, isOptional } from './shapes.ts'

/** Only unions can be narrowed by an assignment. */
export function isUnion(on: Resolving, parts: readonly Part[]): boolean {
  if (parts.length !== 1) return true
  const [part] = parts
  if (part!.kind !== 'other') return false
  const type = on.open(part!.type())
  if (isLiterals(type)) return type[1].length > 1
  return isOptional(type) || /^(bool|u?int64|union)$/.test(typeof type === 'string' ? type : type[0])
}

/** `speeds.slow`, where `of` is the type of `speeds`. */
export function propertyParts(
  on: Resolving,
  of: readonly Part[],
  key: string | number,
  place: Span,
  scope: Scope,
): readonly Part[] {
  const [part, ...others] = of
  const isOpenList = part?.kind === 'list' && part.rest !== undefined
  const found = part && others.length === 0 && !isOpenList ? readParts(on, part, key) : undefined
  if (!found)
    return on.refuse(
      place,
      scope,
      `what is under '${key}' cannot be told from the source`,
      `Write the type itself, ${askTypeScript}.`,
    )
  const isFixed = part?.kind !== 'object' || part.members().get(String(key))?.readonly
  if (!isFixed && isUnion(on, found))
    on.refuse(
      place,
      scope,
      `which of its types '${key}' has depends on what was assigned to it before`,
      `Ask for the declared type: (typeof x)['${key}'].`,
    )
  return found
}
