/** Finds the classes that bear decorators of this package, by where the decorators' names come from. */
import { lookupExpression, type Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { CallExpression, Class, ClassElement, Decorator, Expression, Node } from '../source/parse.ts'
import { type Module, Scope } from '../source/scope.ts'

export const decoratorNames = ['networkClass', 'field', 'struct', 'message'] as const
export type DecoratorName = (typeof decoratorNames)[number]

export interface Decoration {
  readonly name: DecoratorName
  readonly decorator: Decorator
  /** Absent for `@field` without parentheses. */
  readonly call: CallExpression | undefined
}

export interface DecoratedMember {
  readonly member: ClassElement & { readonly decorators: readonly Decorator[] }
  readonly decoration: Decoration
}

export interface DecoratedClass {
  readonly node: Class
  /** Also for `const Player = @networkClass(1) class {}`. */
  readonly name: string | undefined
  readonly scope: Scope
  readonly decorations: readonly Decoration[]
  readonly members: readonly DecoratedMember[]
}

/** What a decorator is to this package, or undefined for other people's. */
export function decorationOf(modules: Modules, scope: Scope, decorator: Decorator): Decoration | undefined {
  const call = callOf(decorator)
  const meant = ownName(modules, scope, decorator)
  const name = decoratorNames.find(known => known === meant)
  return name && { name, decorator, call }
}

const callOf = ({ expression }: Decorator): CallExpression | undefined =>
  expression.type === 'CallExpression' ? expression : undefined

/** The name that a decorator has in this package. */
function ownName(modules: Modules, scope: Scope, decorator: Decorator): string | undefined {
  const callee = (callOf(decorator)?.callee ?? decorator.expression) as Expression
  if (fromInstalledPackage(modules, scope.module, callee)) return undefined
  const meaning: Meaning | undefined = lookupExpression(modules, scope, callee)
  return meaning?.kind === 'fieldcast' ? meaning.name : undefined
}

/** Spares the parsing of other packages' declarations for each of their decorators. */
function fromInstalledPackage(modules: Modules, module: Module, expression: Expression): boolean {
  let root = expression
  while (root.type === 'MemberExpression') root = root.object
  const origin = root.type === 'Identifier' ? module.imports.get(root.name) : undefined
  if (!origin || /^[./#]/.test(origin.specifier)) return false
  const found = modules.find(module, origin.specifier)
  return found === undefined || (found !== 'fieldcast' && /[\\/]node_modules[\\/]/.test(found.file))
}

/** A method that bears `@on(action)`, which carries no types: it only has to become a plain call. */
export interface Handler {
  readonly member: DecoratedMember['member']
  readonly decoration: { readonly decorator: Decorator; readonly call: CallExpression }
  readonly key: string
}

/** The classes with such methods, inner ones first. Where `@on` stands on something else, it is left to whoever compiles the file. */
export function handlersIn(modules: Modules, module: Module): { readonly node: Class; readonly handlers: Handler[] }[] {
  return classesOf(module).flatMap(({ node, scope }) => {
    const handlers = node.body.body.flatMap(member => {
      if (member.type !== 'MethodDefinition' || member.kind !== 'method' || member.static || member.computed) return []
      const { key } = member
      if (key.type !== 'Identifier') return []
      return member.decorators.flatMap(decorator => {
        const call = callOf(decorator)
        if (!call || ownName(modules, scope, decorator) !== 'on') return []
        return [{ member, decoration: { decorator, call }, key: key.name }]
      })
    })
    return handlers.length > 0 ? [{ node, handlers }] : []
  })
}

interface Found extends Waiting {
  readonly node: Class
}

/** A node on the way through the tree, which may be deeper than the stack. */
interface Waiting {
  readonly node: Node
  readonly scope: Scope
  readonly name: string | undefined
}

/** All decorated classes of a file, wherever they stand, inner ones first. */
export function decoratedClasses(modules: Modules, module: Module): DecoratedClass[] {
  return classesOf(module).flatMap(({ node, scope, name }) => {
    const decorations = node.decorators.flatMap(decorator => decorationOf(modules, scope, decorator) ?? [])
    const members = node.body.body.flatMap(member => {
      if (!('decorators' in member)) return []
      return member.decorators.flatMap(decorator => {
        const decoration = decorationOf(modules, scope, decorator)
        return decoration ? { member, decoration } : []
      })
    })
    return decorations.length + members.length > 0 ? { node, name, scope, decorations, members } : []
  })
}

const known = new WeakMap<Module, readonly Found[]>()

/** The classes of a file that bear any decorators. They change with its text alone. */
function classesOf(module: Module): readonly Found[] {
  const found = known.get(module) ?? search(module)
  known.set(module, found)
  return found
}

function search(module: Module): Found[] {
  const found: Found[] = []
  const waiting: Waiting[] = [{ node: module.parsed.program, scope: module.scope, name: undefined }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, name } = next
    const scope = scopeOf(node, next.scope)
    if ((node.type === 'ClassDeclaration' || node.type === 'ClassExpression') && isDecorated(node))
      found.push({ node, scope, name: node.id?.name ?? name })
    children(node, (child, key) => waiting.push({ node: child, scope, name: nameFor(node, key) }))
  }
  return found.sort((a, b) => a.node.end - b.node.end)
}

function isDecorated({ decorators, body }: Class): boolean {
  return decorators.length > 0 || body.body.some(member => 'decorators' in member && member.decorators.length > 0)
}

/** The scope of what is inside a node. */
function scopeOf(node: Node, scope: Scope): Scope {
  const { module } = scope
  switch (node.type) {
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
      return new Scope(module, scope, node.body)
    case 'SwitchStatement':
      return new Scope(
        module,
        scope,
        node.cases.flatMap(({ consequent }) => consequent),
      )
    case 'ForStatement':
      return node.init?.type === 'VariableDeclaration' ? new Scope(module, scope, [node.init]) : scope
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' ? new Scope(module, scope, [node.left]) : scope
    case 'CatchClause':
      return node.param ? scope.withBound([node.param]) : scope
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const own = node.type === 'FunctionExpression' && node.id ? [node.id] : []
      return scope.withBound(own).withOpen(node.typeParameters, 'function').withBound(node.params)
    }
    case 'ClassExpression': {
      const inner = new Scope(module, scope)
      if (node.id) inner.add(node.id.name, node)
      return inner
    }
    default:
      return scope
  }
}

/** The name that JavaScript gives an unnamed class from where it is assigned. */
function nameFor(parent: Node, key: string): string | undefined {
  if (parent.type === 'VariableDeclarator' && key === 'init' && parent.id.type === 'Identifier') return parent.id.name
  if (parent.type === 'AssignmentExpression' && key === 'right' && parent.left.type === 'Identifier')
    return parent.left.name
  if (parent.type === 'Property' && key === 'value' && parent.key.type === 'Identifier') return parent.key.name
  return undefined
}

/** Types contain no classes. */
const typeKeys: ReadonlySet<string> = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments'])

function children(node: Node, each: (child: Node, key: string) => void): void {
  for (const key in node) {
    const value: unknown = node[key as keyof Node]
    if (typeof value !== 'object' || value === null || typeKeys.has(key)) continue
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) each(item, key)
    } else if (isNode(value)) each(value, key)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
