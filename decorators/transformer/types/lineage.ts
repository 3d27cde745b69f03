/** A class and what it extends, as far as the source tells. */
import { lookupExpression } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Class, Expression, TSType } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'

export interface Level {
  readonly node: Class
  readonly name: string
  readonly scope: Scope
  /** The type arguments that this level's subclass gives it, to be read in `argsScope`. */
  readonly args: readonly TSType[]
  readonly argsScope: Scope
}

export interface Lineage {
  /** The class itself first. */
  readonly levels: readonly Level[]
  /** Whether it ends in NetworkObject. */
  readonly network: boolean
  /** What the last level extends, where that could not be followed. */
  readonly lost: Expression | undefined
}

export function lineageOf(
  modules: Modules,
  first: Omit<Level, 'args' | 'argsScope'>,
  args: readonly TSType[] = [],
  argsScope: Scope = first.scope,
): Lineage {
  const levels: Level[] = [{ ...first, args, argsScope }]
  for (;;) {
    const { node, scope } = levels.at(-1)!
    if (!node.superClass) return { levels, network: false, lost: undefined }
    const meaning = lookupExpression(modules, scope, node.superClass)
    if (meaning?.kind === 'fieldcast') return { levels, network: meaning.name === 'NetworkObject', lost: undefined }
    const base = meaning?.kind === 'declared' ? meaning.declarations.find(isClass) : undefined
    if (!base || levels.some(level => level.node === base.node))
      return { levels, network: false, lost: node.superClass }
    const inner = scope.withOpen(node.typeParameters, 'class')
    levels.push({
      node: base.node,
      name: base.name,
      scope: base.scope,
      args: node.superTypeArguments?.params ?? [],
      argsScope: inner,
    })
  }
}

export function isClass(declaration: Declaration): declaration is Declaration & { readonly node: Class } {
  return declaration.node.type === 'ClassDeclaration' || declaration.node.type === 'ClassExpression'
}
