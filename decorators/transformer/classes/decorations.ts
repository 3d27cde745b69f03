/** Finds the classes that bear decorators of this package, by where the decorators' names come from. */
import { lookupExpression, type Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { CallExpression, Class, ClassElement, Decorator, Expression, Node } from '../source/parse.ts'
import { type Module, Scope } from '../source/scope.ts'

export type DecoratorName = 'networkClass' | 'field' | 'struct'

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
  const { expression } = decorator
  const call = expression.type === 'CallExpression' ? expression : undefined
  const callee = (call ? call.callee : expression) as Expression
  if (fromInstalledPackage(modules, scope.module, callee)) return undefined
  const meaning: Meaning | undefined = lookupExpression(modules, scope, callee)
  if (meaning?.kind !== 'fieldcast') return undefined
  const { name } = meaning
  return name === 'networkClass' || name === 'field' || name === 'struct' ? { name, decorator, call } : undefined
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

/** All decorated classes of a file, wherever they stand, inner ones first. */
export function decoratedClasses(modules: Modules, module: Module): DecoratedClass[] {
  const found: DecoratedClass[] = []
  visit(module.parsed.program, module.scope, undefined)
  return found

  function visit(node: Node, scope: Scope, name: string | undefined): void {
    let inner = scope
    switch (node.type) {
      case 'BlockStatement':
      case 'StaticBlock':
      case 'TSModuleBlock':
        inner = new Scope(module, scope, node.body)
        break
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        inner = scope.withParameters(node.params)
        break
      case 'ClassExpression':
        inner = new Scope(module, scope)
        if (node.id) inner.add(node.id.name, node)
        break
      default:
    }
    children(node, (child, key) => visit(child, inner, nameFor(node, key)))
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') {
      const decorated = decoratedClass(node, inner, node.id?.name ?? name)
      if (decorated) found.push(decorated)
    }
  }

  function decoratedClass(node: Class, scope: Scope, name: string | undefined): DecoratedClass | undefined {
    const decorations = node.decorators.flatMap(decorator => decorationOf(modules, scope, decorator) ?? [])
    const members = node.body.body.flatMap(member => {
      if (!('decorators' in member)) return []
      return member.decorators.flatMap(decorator => {
        const decoration = decorationOf(modules, scope, decorator)
        return decoration ? { member, decoration } : []
      })
    })
    return decorations.length + members.length > 0 ? { node, name, scope, decorations, members } : undefined
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

function children(node: Node, each: (child: Node, key: string) => void): void {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) each(item, key)
    } else if (isNode(value)) each(value, key)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
