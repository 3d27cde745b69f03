/** Type names as they are written, `shapes.Circle` or `import('x').T`, to what they mean. */
import { imported, lookupName, type Meaning, member, type Space } from '../source/bindings.ts'
import type { TSImportType, TSImportTypeQualifier, TSType, TSTypeName } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { enumValues } from './enums.ts'
import { lazy } from './members.ts'
import type { Reference, Resolving, Span } from './resolving.ts'
import { literals } from './shapes.ts'

/** Whether a declaration is a type of its own: a namespace may stand before the one whose name it shares. */
export function isType({ node }: Declaration): boolean {
  return node.type !== 'TSModuleDeclaration'
}

/** The values of an enum by member. */
export function valuesOf(on: Resolving, declarations: readonly Declaration[]): Map<string, string | number> {
  return enumValues(on.modules, declarations, scope => (place, what, hint) => on.refuse(place, scope, what, hint))
}

export function referenceOf(
  on: Resolving,
  name: TSTypeName,
  args: readonly TSType[],
  place: Span,
  scope: Scope,
): Reference {
  const { start, end } = place
  if (name.type === 'ThisExpression')
    return on.refuse(place, scope, 'the type this cannot be sent', 'Write the class itself.')
  const meaning = lookupName(on.modules, scope, name)
  const last = name.type === 'Identifier' ? name.name : name.right.name
  if (meaning || name.type === 'Identifier') return { name: last, meaning, args, start, end }
  return {
    name: last,
    meaning: enumMember(on, lookupName(on.modules, scope, name.left), last) ?? {
      kind: 'missing',
      why: `there is no ${last} in it`,
    },
    args,
    start,
    end,
  }
}

/** `Color.Red` as a type parameter that stands for its one value. */
function enumMember(on: Resolving, meaning: Meaning | undefined, name: string): Meaning | undefined {
  const node = meaning?.kind === 'declared' ? meaning.declarations.find(isType)?.node : undefined
  if (meaning?.kind !== 'declared' || node?.type !== 'TSEnumDeclaration') return undefined
  const value = valuesOf(on, meaning.declarations).get(name)
  if (value === undefined) return undefined
  return { kind: 'argument', argument: { open: false, ...lazy(() => literals([value], node)) } }
}

export function importOf(on: Resolving, node: TSImportType, scope: Scope, space: Space = 'type'): Reference {
  const parts: string[] = []
  for (let at: TSImportTypeQualifier | null = node.qualifier; at; at = at.type === 'TSQualifiedName' ? at.left : null)
    parts.unshift(at.type === 'TSQualifiedName' ? at.right.name : at.name)
  const { modules } = on
  let meaning: Meaning | undefined = imported(
    modules,
    scope.module,
    node.source.value,
    parts[0] ?? '*',
    new Set(),
    space,
  )
  for (const part of parts.slice(1))
    meaning = meaning && (member(modules, meaning, part, space) ?? enumMember(on, meaning, part))
  const { start, end } = node
  return {
    name: parts.at(-1) ?? node.source.value,
    meaning: meaning ?? { kind: 'missing', why: `there is no ${parts.at(-1)} in it` },
    args: node.typeArguments?.params ?? [],
    start,
    end,
  }
}
