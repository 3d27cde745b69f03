/** The alternatives of a type, with their keys: what keyof, indexed access and the types over keys look at. */
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { classMembers } from './class-members.ts'
import { intersectionParts } from './intersections.ts'
import { itemsOf, keyLiterals, readParts } from './keys.ts'
import { isClass } from './lineage.ts'
import { mappedParts } from './mapped.ts'
import { type Members, memo, objectPart, other, type Part } from './members.ts'
import { interfaceMembers, signatureMembers } from './objects.ts'
import { importOf, isType, referenceOf } from './references.ts'
import { askTypeScript } from './refused-types.ts'
import type { Reference, Resolving, Span } from './resolving.ts'
import { utilityParts } from './utilities.ts'
import { queryParts } from './values.ts'

export function partsOf(on: Resolving, node: TSType, scope: Scope): readonly Part[] {
  const whole = memo(() => on.resolve(node, scope))
  switch (node.type) {
    case 'TSParenthesizedType':
      return on.parts(node.typeAnnotation, scope)
    case 'TSTypeOperator':
      return node.operator === 'readonly' ? on.parts(node.typeAnnotation, scope) : [other(whole())]
    case 'TSTypeLiteral':
      return [objectPart(() => signatureMembers(on, node.members, scope), whole)]
    case 'TSUnionType':
      return node.types.flatMap(type => on.parts(type, scope))
    case 'TSIntersectionType':
      return intersectionParts(on, node.types, node, scope) ?? [other(whole())]
    case 'TSArrayType':
      return [{ kind: 'list', items: [], rest: on.lazy(node.elementType, scope), type: whole }]
    case 'TSTupleType': {
      const items = node.elementTypes.map(element => plainItem(element))
      if (items.includes(undefined)) return [other(whole())]
      return [{ kind: 'list', items: items.map(item => on.lazy(item!, scope)), rest: undefined, type: whole }]
    }
    case 'TSTypeReference':
      return on.referenceParts(referenceOf(on, node.typeName, node.typeArguments?.params ?? [], node, scope), scope)
    case 'TSImportType':
      return on.referenceParts(importOf(on, node, scope), scope)
    case 'TSMappedType':
      return mappedParts(on, node, scope)
    case 'TSTypeQuery':
      return queryParts(on, node, scope)
    case 'TSIndexedAccessType':
      return indexedParts(on, node.objectType, node.indexType, node, scope)
    default:
      return [other(whole())]
  }
}

/** A tuple's item without question mark or dots. */
function plainItem(element: unknown): TSType | undefined {
  const { type, elementType, optional } = element as { type: string; elementType?: TSType; optional?: boolean }
  if (type === 'TSNamedTupleMember') return optional ? undefined : plainItem(elementType)
  return type === 'TSOptionalType' || type === 'TSRestType' ? undefined : (element as TSType)
}

export function referenceParts(on: Resolving, reference: Reference, scope: Scope): readonly Part[] {
  const { meaning, name, args } = reference
  const whole = memo(() => on.reference(reference, scope))
  const listOf = (item: TSType | undefined): readonly Part[] =>
    item ? [{ kind: 'list', items: [], rest: on.lazy(item, scope), type: whole }] : [other(whole())]
  if (!meaning) {
    if (name === 'Array' || name === 'ReadonlyArray') return listOf(args[0])
    return utilityParts(on, reference, scope) ?? [other(whole())]
  }
  if (meaning.kind === 'fieldcast' && meaning.name === 'list') return listOf(args[0])
  if (meaning.kind === 'argument' && !meaning.argument.open) return meaning.argument.parts()
  if (meaning.kind !== 'declared') return [other(whole())]
  const { declarations } = meaning
  const { node, scope: declared } = declarations.find(isType) ?? declarations[0]!
  const asClass = declarations.find(isClass)
  if (asClass) {
    const members = (): Members => classMembers(on, declarations, asClass, args, scope, reference)
    return [{ ...objectPart(members, whole), of: 'class' }]
  }
  if (node.type === 'TSTypeAliasDeclaration') {
    const bound = on.bind(node.typeParameters, args, scope, declared, reference)
    return on.parts(node.typeAnnotation, bound.scope)
  }
  if (node.type === 'TSInterfaceDeclaration')
    return [objectPart(() => interfaceMembers(on, declarations, args, scope, reference), whole)]
  return [other(whole())]
}

/** `T[K]` */
function indexedParts(on: Resolving, object: TSType, index: TSType, place: Span, scope: Scope): readonly Part[] {
  const key = on.resolve(index, scope)
  const keys = keyLiterals(key)
  return on.parts(object, scope).flatMap(part => {
    const found = key === 'float64' ? itemsOf(on, part) : keys?.map(name => readParts(on, part, name))
    if (!found || found.includes(undefined))
      return on.refuse(
        place,
        scope,
        'this indexed access cannot be decided',
        `Write the type itself, give it a name of its own, ${askTypeScript}.`,
      )
    return (found as (readonly Part[])[]).flat()
  })
}
