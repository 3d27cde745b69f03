/** Whose question marks a mapped type keeps. */
import { lookup, lookupName } from '../source/bindings.ts'
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Resolving } from './resolving.ts'

export interface Source {
  readonly node: TSType
  readonly scope: Scope
  /** Whether it is mapped over `keyof T` itself, or over a part of it. */
  readonly isWhole: boolean
  /** The name of T where `keyof T` is that of a type parameter. */
  readonly parameter: string | undefined
}

/** The T of `keyof T`, or of a type parameter `K extends keyof T`. Undefined where the keys are a union like any other. */
export function sourceOf(on: Resolving, constraint: TSType, scope: Scope): Source | undefined {
  const node = plain(constraint)
  if (node.type === 'TSTypeOperator' && node.operator === 'keyof') {
    const of = node.typeAnnotation
    const name = of.type === 'TSTypeReference' && of.typeName.type === 'Identifier' ? of.typeName.name : undefined
    const isParameter = name !== undefined && lookup(on.modules, scope, name)?.kind === 'argument'
    return { node: of, scope, isWhole: true, parameter: isParameter ? name : undefined }
  }
  requireOpenly(on, node, scope)
  const name = node.type === 'TSTypeReference' && node.typeName.type === 'Identifier' ? node.typeName.name : undefined
  const meaning = name === undefined ? undefined : lookup(on.modules, scope, name)
  if (meaning?.kind !== 'argument' || meaning.argument.open || !meaning.argument.constraint) return undefined
  const { constraint: declared } = meaning.argument
  const inner = plain(declared.node)
  if (inner.type === 'TSTypeOperator' && inner.operator === 'keyof')
    return { node: inner.typeAnnotation, scope: declared.scope, isWhole: false, parameter: undefined }
  requireOpenly(on, inner, declared.scope)
  return undefined
}

function plain(node: TSType): TSType {
  return node.type === 'TSParenthesizedType' ? plain(node.typeAnnotation) : node
}

/** Refuses a generic alias that may stand for `keyof T`: there TypeScript keeps the question marks of T as well. */
function requireOpenly(on: Resolving, node: TSType, scope: Scope): void {
  if (node.type !== 'TSTypeReference') return
  const meaning = lookupName(on.modules, scope, node.typeName)
  const declared = meaning?.kind === 'declared' ? meaning.declarations[0]! : undefined
  if (declared?.node.type !== 'TSTypeAliasDeclaration' || !declared.node.typeParameters) return
  const inner = declared.scope.withOpen(declared.node.typeParameters, 'function')
  if (mayBeKeyof(on, plain(declared.node.typeAnnotation), inner))
    on.refuse(
      node,
      scope,
      'which question marks stay cannot be decided where keyof stands behind a name',
      'Write keyof T in the mapped type itself.',
    )
}

function mayBeKeyof(on: Resolving, node: TSType, scope: Scope): boolean {
  if (node.type === 'TSTypeReference') return lookupName(on.modules, scope, node.typeName) !== undefined
  return node.type === 'TSTypeOperator' || node.type === 'TSIndexedAccessType' || node.type === 'TSImportType'
}
