/** Template literal types and the types that change case, where they come to a closed list of texts. */
import type { TSTemplateLiteralType, TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Resolving, Span } from './resolving.ts'
import { isLiterals, isOptional, literals, type Resolved } from './shapes.ts'

/** So many texts may one template stand for. */
const most = 256

const cases: Readonly<Record<string, (text: string) => string>> = {
  Uppercase: text => text.toUpperCase(),
  Lowercase: text => text.toLowerCase(),
  Capitalize: text => text.charAt(0).toUpperCase() + text.slice(1),
  Uncapitalize: text => text.charAt(0).toLowerCase() + text.slice(1),
}

export function templateType(on: Resolving, node: TSTemplateLiteralType, scope: Scope): Resolved {
  const parts = node.types.map(type => ({ place: type, type: on.resolve(type, scope) }))
  return textsOf(
    on,
    node.quasis.map(({ value }) => value.cooked ?? ''),
    parts,
    node,
    scope,
  )
}

/** Every text that a template gives: `between` has one more item than `parts`. */
export function textsOf(
  on: Resolving,
  between: readonly string[],
  parts: readonly { readonly place: Span; readonly type: Resolved }[],
  node: Span,
  scope: Scope,
): Resolved {
  let texts: string[] = [between[0]!]
  for (const [index, { place, type }] of parts.entries()) {
    const words = closed(type)
    if (!words)
      return on.refuse(
        place,
        scope,
        'this part of the template literal type is open: its texts cannot be listed',
        'Write string, str<64>, or a template whose parts are unions of literals.',
      )
    if (texts.length * words.length > most)
      return on.refuse(node, scope, `this template stands for more than ${most} texts`, 'Write string or str<64>.')
    texts = texts.flatMap(text => words.map(word => `${text}${word}${between[index + 1]}`))
  }
  return literals([...new Set(texts)])
}

function closed(type: Resolved): readonly string[] | undefined {
  if (type === 'bool') return ['false', 'true']
  if (type === 'null' || type === 'undefined') return [type]
  if (type === 'never') return []
  if (isLiterals(type)) return type[1].map(String)
  if (isOptional(type)) {
    const inner = closed(type[1])
    return inner && [...inner, 'undefined']
  }
  if (typeof type === 'string' || type[0] !== 'union') return undefined
  const words = type[1].map(closed)
  return words.includes(undefined) ? undefined : (words as string[][]).flat()
}

/** `Uppercase<'a' | 'b'>`. Undefined for other names. */
export function caseType(on: Resolving, name: string, node: () => TSType, scope: Scope): Resolved | undefined {
  const change = Object.hasOwn(cases, name) ? cases[name]! : undefined
  if (!change) return undefined
  const type = on.resolve(node(), scope)
  if (isLiterals(type) && type[1].every(value => typeof value === 'string'))
    return literals([...new Set(type[1].map(change))])
  return on.refuse(node(), scope, `${name} needs string literals here`, 'Write string, or a union of string literals.')
}
