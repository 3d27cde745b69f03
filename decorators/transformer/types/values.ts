/** `typeof` of constants and enums: the type that TypeScript gives a name from the way it is declared. */
import { lookupName, type Meaning } from '../source/bindings.ts'
import type { TSTypeName, TSTypeQuery } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { memberName } from './enums.ts'
import { expressionParts } from './expressions.ts'
import { lazy, type Member, type Members, objectPart, type Part } from './members.ts'
import { isUnion, propertyParts } from './narrowing.ts'
import { importOf, isType, valuesOf } from './references.ts'
import type { Context, Named, Resolving } from './resolving.ts'
import { literals } from './shapes.ts'

export function queryParts(on: Resolving, node: TSTypeQuery, scope: Scope): readonly Part[] {
  const { exprName, start, end } = node
  if (node.typeArguments)
    on.refuse(node, scope, 'a function cannot be sent', 'Send data, and let the handler decide what to run.')
  if (exprName.type !== 'TSImportType') return nameParts(on, exprName, { start, end, name: '' }, scope)
  const { meaning, name } = importOf(on, exprName, scope, 'value')
  return valueParts(on, meaning, { start, end, name }, scope, 'kept')
}

function nameParts(on: Resolving, name: TSTypeName, place: Named, scope: Scope): readonly Part[] {
  if (name.type === 'ThisExpression')
    return on.refuse(place, scope, 'the type of this cannot be sent', 'Write the class itself.')
  const last = name.type === 'Identifier' ? name.name : name.right.name
  const named = { ...place, name: last }
  const meaning = lookupName(on.modules, scope, name, 'value')
  if (meaning || name.type === 'Identifier') return valueParts(on, meaning, named, scope, 'kept')
  return propertyParts(on, nameParts(on, name.left, named, scope), last, place, scope)
}

/** The type of what a name means as a value. */
export function valueParts(
  on: Resolving,
  meaning: Meaning | undefined,
  place: Named,
  scope: Scope,
  context: Context,
): readonly Part[] {
  const { name } = place
  switch (meaning?.kind) {
    case 'value':
      return variableParts(on, meaning, place, scope, context)
    case 'declared': {
      const { declarations } = meaning
      if (declarations.some(({ node }) => node.type === 'TSEnumDeclaration'))
        return [enumObject(on, declarations, place, scope)]
      return on.refuse(
        place,
        scope,
        `${name} is a class or a namespace, which cannot be sent`,
        'Name a constant or an enum of it. A class itself, without typeof, is a type.',
      )
    }
    case 'missing':
      return on.refuse(
        place,
        scope,
        `${name} cannot be found: ${meaning.why}`,
        'Correct the import, or install the package whose constant it names.',
      )
    case undefined:
      return on.refuse(place, scope, `${name} is neither declared here nor imported`, `Import ${name}.`)
    default:
      return on.refuse(
        place,
        scope,
        `${name} is a whole module, which cannot be sent`,
        `Name a constant of it: typeof ${name}.something.`,
      )
  }
}

function variableParts(
  on: Resolving,
  { declared, scope: home }: Extract<Meaning, { kind: 'value' }>,
  place: Named,
  scope: Scope,
  context: Context,
): readonly Part[] {
  const { name } = place
  const { kind = 'other', init = null, annotation = null } = declared ?? {}
  let parts: readonly Part[]
  if (annotation) parts = on.parts(annotation, home)
  else if (kind !== 'other' && init) parts = expressionParts(on, init, home, kind === 'let' ? 'widened' : context)
  else
    return on.refuse(
      place,
      scope,
      `the type of ${name} is not written where it is declared`,
      `Declare a constant: const ${name} = ... as const, or const ${name}: T = ...; or write the type itself.`,
    )
  const isAssigned = kind === 'let' || (annotation !== null && init !== null)
  if (isAssigned && home.module === scope.module && isUnion(on, parts))
    on.refuse(
      place,
      scope,
      `which of its types ${name} has depends on what was assigned to it before`,
      `Give the type of ${name} a name of its own, and write that in both places.`,
    )
  return parts
}

/** `typeof Color`: its members by name. */
function enumObject(on: Resolving, declarations: readonly Declaration[], place: Named, scope: Scope): Part {
  const members = (): Members => {
    const members = new Map<string, Member>()
    for (const { node } of declarations) {
      if (node.type !== 'TSEnumDeclaration')
        return on.refuse(
          place,
          scope,
          `the enum ${place.name} shares its name with a namespace`,
          'Give the namespace a name of its own.',
        )
      for (const item of node.body.members) {
        const key = memberName(item) ?? [...valuesOf(on, declarations).keys()].join()
        members.set(key, {
          key,
          optional: false,
          readonly: true,
          refuse: (what, hint) => on.refuse(place, scope, what, hint),
          ...lazy(() => literals([valuesOf(on, declarations).get(key)!], declarations.find(isType)!.node)),
        })
      }
    }
    return members
  }
  return { ...objectPart(members), of: 'enum' }
}
