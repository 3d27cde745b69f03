/** Follows names through scopes, imports and re-exports to what they mean. */

import type { Modules } from './modules.ts'
import type { Expression, TSModuleDeclaration, TSTypeName } from './parse.ts'
import { type Declaration, type Module, Scope, type TypeArgument } from './scope.ts'

/** What a name means. */
export type Meaning =
  /** An export of this package; '*' for all of them as one object. */
  | { readonly kind: 'fieldcast'; readonly name: string }
  | { readonly kind: 'declared'; readonly declarations: readonly Declaration[] }
  | { readonly kind: 'argument'; readonly argument: TypeArgument }
  /** All exports of a module as one object. */
  | { readonly kind: 'module'; readonly module: Module }
  /** A variable, function or parameter, with its initializer where that is constant. */
  | { readonly kind: 'value'; readonly init: Expression | null; readonly scope: Scope }
  /** Imported from a file that cannot be found or read, or that does not export it. */
  | { readonly kind: 'missing'; readonly why: string }

/** What `name` means in `scope`; undefined for what nothing declares: globals. */
export function lookup(modules: Modules, scope: Scope, name: string): Meaning | undefined {
  for (let level: Scope | null = scope; level; level = level.parent) {
    const argument = level.argument(name)
    if (argument) return { kind: 'argument', argument }
    const declarations = level.declarations(name)
    if (declarations) return { kind: 'declared', declarations }
    const init = level.value(name)
    if (init !== undefined) return { kind: 'value', init, scope: level }
  }
  const origin = scope.module.imports.get(name)
  return origin && imported(modules, scope.module, origin.specifier, origin.name, new Set())
}

/** What a file exports under `name`; '*' for all of it. */
export function imported(modules: Modules, from: Module, specifier: string, name: string, seen: Set<string>): Meaning {
  const found = modules.find(from, specifier)
  if (found === 'fieldcast') return { kind: 'fieldcast', name }
  if (!found) return { kind: 'missing', why: `'${specifier}' cannot be found from ${from.file}` }
  const module = modules.open(found.file)
  if (!module) return { kind: 'missing', why: `${found.file} cannot be read` }
  if (module.parsed.error)
    return { kind: 'missing', why: `${found.file} has a syntax error: ${module.parsed.error.message}` }
  if (name === '*') return { kind: 'module', module }
  return exported(modules, module, name, seen) ?? { kind: 'missing', why: `${found.file} exports no ${name}` }
}

function exported(modules: Modules, module: Module, name: string, seen: Set<string>): Meaning | undefined {
  const key = `${module.file}\0${name}`
  if (seen.has(key)) return undefined
  seen.add(key)
  const target = module.exports.get(name)
  if (typeof target === 'string') {
    const origin = module.imports.get(target)
    const local = origin && !module.scope.declarations(target)
    return local
      ? imported(modules, module, origin.specifier, origin.name, seen)
      : lookup(modules, module.scope, target)
  }
  if (target) return imported(modules, module, target.specifier, target.name, seen)
  // In a declaration file without export lists everything counts as exported, as TypeScript has it.
  const ambient = /\.d\.[cm]?ts$/.test(module.file)
  if (module.scope.isExported(name) || (ambient && module.scope.declarations(name)))
    return lookup(modules, module.scope, name)
  if (name === 'default') return undefined
  for (const specifier of module.stars) {
    const found = imported(modules, module, specifier, name, seen)
    if (found.kind !== 'missing') return found
  }
  return undefined
}

/** What `name` means inside what `of` means: `shapes.Circle`, `Color.Red` (for an enum's member the enum itself is the meaning). */
export function member(modules: Modules, of: Meaning, name: string): Meaning | undefined {
  switch (of.kind) {
    case 'fieldcast':
      // `import * as fc` and `wire`, the object of the wire types that have no name of their own.
      return of.name === '*' || of.name === 'wire' ? { kind: 'fieldcast', name } : undefined
    case 'module':
      return (
        exported(modules, of.module, name, new Set()) ?? {
          kind: 'missing',
          why: `${of.module.file} exports no ${name}`,
        }
      )
    case 'declared': {
      const inner = of.declarations.flatMap(({ node, scope }) => {
        if (node.type !== 'TSModuleDeclaration') return []
        const body = (node as TSModuleDeclaration).body
        return body ? (new Scope(scope.module, scope, body.body).declarations(name) ?? []) : []
      })
      return inner.length > 0 ? { kind: 'declared', declarations: inner } : undefined
    }
    default:
      return undefined
  }
}

/** The same for a dotted type name. */
export function lookupName(modules: Modules, scope: Scope, name: TSTypeName): Meaning | undefined {
  if (name.type === 'Identifier') return lookup(modules, scope, name.name)
  if (name.type !== 'TSQualifiedName') return undefined
  const left = lookupName(modules, scope, name.left)
  return left && member(modules, left, name.right.name)
}

/** The same for an expression: a name, or a property of one. */
export function lookupExpression(modules: Modules, scope: Scope, expression: Expression): Meaning | undefined {
  if (expression.type === 'Identifier') return lookup(modules, scope, expression.name)
  if (expression.type !== 'MemberExpression' || expression.computed || expression.property.type !== 'Identifier')
    return undefined
  const left = lookupExpression(modules, scope, expression.object)
  return left && member(modules, left, expression.property.name)
}
