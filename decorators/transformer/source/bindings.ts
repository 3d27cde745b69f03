/** Follows names through scopes, imports and re-exports to what they mean. */
import type { Modules } from './modules.ts'
import type { Value } from './names.ts'
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
  | { readonly kind: 'value'; readonly init: Expression | null; readonly scope: Scope; readonly declared?: Value }
  /** Imported from a file that cannot be found or read, or that does not export it. */
  | { readonly kind: 'missing'; readonly why: string; readonly unread?: boolean }

/** A type and a value may share a name: `const Kind = ...` beside `type Kind = ...`. */
export type Space = 'type' | 'value'

/** What `name` means in `scope`; undefined for what nothing declares: globals. */
export function lookup(modules: Modules, scope: Scope, name: string, space: Space = 'type'): Meaning | undefined {
  let other: Meaning | undefined
  for (let level: Scope | null = scope; level; level = level.parent) {
    const argument = space === 'type' ? level.argument(name) : undefined
    if (argument) return { kind: 'argument', argument }
    const declarations = level.declarations(name)?.filter(({ node }) => space === 'type' || hasValue(node.type))
    if (declarations?.length) return { kind: 'declared', declarations }
    const alias = level.alias(name)
    if (alias) return aliased(modules, level, alias, space)
    const declared = level.value(name)
    if (!declared) continue
    const value = {
      kind: 'value',
      init: declared.kind === 'const' ? declared.init : null,
      scope: level,
      declared,
    } as const
    if (space === 'value') return value
    other ??= value
  }
  return scope.module.imports.has(name) ? importOf(modules, scope.module, name, space) : other
}

const spaces: Readonly<Record<Space, object>> = { type: {}, value: {} }

/** What an imported name of a module means, followed once in each transform. */
function importOf(modules: Modules, module: Module, name: string, space: Space): Meaning {
  const ofSpace = modules.recall(spaces[space], () => new Map<Module, Map<string, Meaning>>())
  const ofModule = ofSpace.get(module) ?? new Map<string, Meaning>()
  ofSpace.set(module, ofModule)
  let meaning = ofModule.get(name)
  if (!meaning) {
    const { specifier, name: there } = module.imports.get(name)!
    meaning = imported(modules, module, specifier, there, new Set(), space)
    ofModule.set(name, meaning)
  }
  return meaning
}

function hasValue(type: string): boolean {
  return type !== 'TSInterfaceDeclaration' && type !== 'TSTypeAliasDeclaration'
}

const following = new Set<TSTypeName>()

/** What `import Short = units.Length` stands for. */
function aliased(modules: Modules, scope: Scope, name: TSTypeName, space: Space): Meaning {
  const missing: Meaning = { kind: 'missing', why: 'the import alias leads nowhere' }
  if (following.has(name)) return missing
  following.add(name)
  try {
    return lookupName(modules, scope, name, space) ?? missing
  } finally {
    following.delete(name)
  }
}

/** What a file exports under `name`; '*' for all of it. */
export function imported(
  modules: Modules,
  from: Module,
  specifier: string,
  name: string,
  seen: Set<string>,
  space: Space = 'type',
): Meaning {
  const unread = (why: string): Meaning => ({ kind: 'missing', why, unread: true })
  const found = modules.find(from, specifier)
  if (found === 'fieldcast') return { kind: 'fieldcast', name }
  if (!found) return unread(`'${specifier}' cannot be found from ${from.file}`)
  const { file } = found
  if (/\.json$/.test(file)) return unread(`${file} is data, of which no types are read: write a type for it`)
  const module = modules.open(file)
  if (!module) return unread(`${file} cannot be read`)
  if (module.parsed.error) {
    const { message, start } = module.parsed.error
    return unread(`${file}:${position(module.source, start)} has a syntax error: ${message}`)
  }
  if (name === '*') {
    // `import x = require()` of a module that is one thing means that thing.
    const whole = module.exports.get('export=')
    return (typeof whole === 'string' && lookup(modules, module.scope, whole, space)) || { kind: 'module', module }
  }
  return exported(modules, module, name, seen, space) ?? notExported(module, name)
}

function notExported({ file }: Module, name: string): Meaning {
  const script = /\.[cm]?jsx?$/.test(file) ? ' (it is JavaScript, of which no types are read)' : ''
  return { kind: 'missing', why: `${file} exports no ${name}${script}` }
}

function position(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n')
  return `${before.length}:${before.at(-1)!.length + 1}`
}

function exported(
  modules: Modules,
  module: Module,
  name: string,
  seen: Set<string>,
  space: Space,
): Meaning | undefined {
  const key = `${module.file}\0${name}`
  if (seen.has(key)) return undefined
  seen.add(key)
  const { scope } = module
  const target = module.exports.get(name)
  if (typeof target === 'string') {
    const origin = module.imports.get(target)
    const isImported = origin && !scope.declarations(target) && !scope.value(target)
    return isImported
      ? imported(modules, module, origin.specifier, origin.name, seen, space)
      : lookup(modules, scope, target, space)
  }
  if (target) return imported(modules, module, target.specifier, target.name, seen, space)
  // In a declaration file without export lists everything counts as exported, as TypeScript has it.
  const ambient = /\.d\.[cm]?ts$/.test(module.file) && (scope.declarations(name) || scope.value(name))
  if (scope.isExported(name) || ambient) return lookup(modules, scope, name, space)
  const whole = module.exports.get('export=')
  const inWhole = typeof whole === 'string' ? lookup(modules, scope, whole) : undefined
  if (inWhole) return member(modules, inWhole, name, space)
  if (name === 'default') return undefined
  let unread: Meaning | undefined
  for (const specifier of module.stars) {
    const found = imported(modules, module, specifier, name, seen, space)
    if (found.kind !== 'missing') return found
    if (found.unread) unread ??= found
  }
  return unread
}

/** What `name` means inside what `of` means: `shapes.Circle`, `Color.Red` (for an enum's member the enum itself is the meaning). */
export function member(modules: Modules, of: Meaning, name: string, space: Space = 'type'): Meaning | undefined {
  switch (of.kind) {
    case 'fieldcast':
      // `import * as fc` and `wire`, the object of the wire types that have no name of their own.
      return of.name === '*' || of.name === 'wire' ? { kind: 'fieldcast', name } : undefined
    case 'module':
      return exported(modules, of.module, name, new Set(), space) ?? notExported(of.module, name)
    case 'declared': {
      const bodies = of.declarations.flatMap(({ node, scope }) => {
        const body = node.type === 'TSModuleDeclaration' ? (node as TSModuleDeclaration).body : undefined
        return body ? [new Scope(scope.module, scope, body.body)] : []
      })
      const inner = bodies.flatMap(body =>
        (body.declarations(name) ?? []).filter(({ node }) => space === 'type' || hasValue(node.type)),
      )
      if (inner.length > 0) return { kind: 'declared', declarations: inner }
      const holder = bodies.find(body => body.value(name) || body.alias(name))
      return holder && lookup(modules, holder, name, space)
    }
    default:
      return undefined
  }
}

/** The same for a dotted type name. */
export function lookupName(
  modules: Modules,
  scope: Scope,
  name: TSTypeName,
  space: Space = 'type',
): Meaning | undefined {
  if (name.type === 'Identifier') return lookup(modules, scope, name.name, space)
  if (name.type !== 'TSQualifiedName') return undefined
  const left = lookupName(modules, scope, name.left, space)
  return left && member(modules, left, name.right.name, space)
}

/** The same for an expression: a name, or a property of one. */
export function lookupExpression(
  modules: Modules,
  scope: Scope,
  expression: Expression,
  space: Space = 'value',
): Meaning | undefined {
  if (expression.type === 'Identifier') return lookup(modules, scope, expression.name, space)
  if (expression.type !== 'MemberExpression' || expression.computed || expression.property.type !== 'Identifier')
    return undefined
  const left = lookupExpression(modules, scope, expression.object, space)
  return left && member(modules, left, expression.property.name, space)
}
