/**
 * Finds the decorators in JavaScript that tsc wrote, in each form that it has for them:
 * the older decorators (`__decorate`), the standard ones (`__esDecorate`), and the standard ones left as they are.
 */
import type { Class, Expression, FunctionBody, Node, Program } from '../source/parse.ts'
import { identifierName, lastName, propertyOf, textOf, walk } from './syntax.ts'

/** The decorators of one member, or of the class. */
export interface Site {
  /** The name of the method; undefined for the class itself. */
  readonly key: string | undefined
  readonly decorators: readonly Expression[]
  /** Whether tsc has left them as decorators. */
  readonly raw?: boolean
}

export interface EmittedClass {
  /** Empty for a class without a name of its own. */
  readonly name: string
  readonly sites: readonly Site[]
}

/** What the decorators of a class belong to in the tree: a block in which the class has its name, or a node of its own. */
type Owner = Node

interface Found extends EmittedClass {
  readonly end: number
}

/** Names that tsc makes up for classes without one. */
export function classLabel(name: string | undefined): string {
  return name === undefined || /^(class|default)_\d+$/.test(name) ? '' : name
}

/** All decorated classes of a file, inner ones before those that contain them. Static members are left out, and those that are no methods. */
export function emittedClasses(program: Program): EmittedClass[] {
  const found = new Map<Owner, Map<string, Found>>()
  walk(program, (node, around) => {
    if (node.type === 'CallExpression') {
      const helper = lastName(node.callee)
      if (helper === '__decorate') addOlder(node.arguments as Expression[], node.end, around)
      if (helper === '__esDecorate') addStandard(node.arguments as Expression[], around)
    }
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') addRaw(node)
  })
  return [...found.values()].flatMap(classes => [...classes.values()]).sort((a, b) => a.end - b.end)

  /** @param end where the class is over: an inner one before the one around it. */
  function add(owner: Owner, name: string, end: number, site: Site): void {
    const classes = found.get(owner) ?? new Map<string, Found>()
    classes.set(name, { name, end, sites: [...(classes.get(name)?.sites ?? []), site] })
    found.set(owner, classes)
  }

  /** `Player = __decorate([...], Player)` and `__decorate([...], Player.prototype, "moveTo", null)` */
  function addOlder([list, target, key]: readonly Expression[], end: number, around: readonly Node[]): void {
    if (list?.type !== 'ArrayExpression' || !target) return
    const isMember = target.type === 'MemberExpression' && lastName(target) === 'prototype'
    const name = identifierName(isMember ? target.object : target)
    if (name === undefined || isMember === (key === undefined)) return
    const decorators = withoutHelpers(list.elements as Expression[])
    const owner = around.findLast(block => declares(block, name)) ?? program
    if (!isMember) add(owner, classLabel(name), end, { key: undefined, decorators })
    else if (textOf(key) !== undefined) add(owner, classLabel(name), end, { key: textOf(key), decorators })
  }

  /** `__esDecorate(this, null, _moveTo_decorators, { kind: "method", name: "moveTo", ... }, ...)` inside a function around the class. */
  function addStandard([, , list, context]: readonly Expression[], around: readonly Node[]): void {
    const variable = identifierName(list)
    const frame = variable && around.findLast(node => bodyOf(node) && declares(bodyOf(node)!, variable))
    if (!variable || !frame) return
    const kind = textOf(propertyOf(context, 'kind'))
    const key = textOf(propertyOf(context, 'name'))
    if (kind !== 'class' && (kind !== 'method' || key === undefined || isTrue(context, 'static'))) return
    const decorators = listIn(frame, variable)
    const name = frameName(bodyOf(frame)!)
    if (decorators) add(frame, name, frame.end, { key: kind === 'class' ? undefined : key, decorators })
  }

  function addRaw(node: Class): void {
    const name = classLabel(node.id?.name)
    for (const member of node.body.body) {
      if (member.type !== 'MethodDefinition' || member.kind !== 'method' || member.static) continue
      const key = (member.computed ? undefined : identifierName(member.key)) ?? textOf(member.key)
      if (key !== undefined && member.decorators.length > 0)
        add(node, name, node.end, { key, decorators: member.decorators.map(({ expression }) => expression), raw: true })
    }
    if (node.decorators.length > 0)
      add(node, name, node.end, {
        key: undefined,
        decorators: node.decorators.map(({ expression }) => expression),
        raw: true,
      })
  }
}

/** Behind the decorators tsc lists those of the parameters, and the types of emitDecoratorMetadata. */
function withoutHelpers(list: readonly Expression[]): Expression[] {
  const own = list.findLastIndex(
    item => item.type !== 'CallExpression' || !['__param', '__metadata'].includes(lastName(item.callee) ?? ''),
  )
  return list.slice(0, own + 1)
}

function bodyOf(node: Node): FunctionBody | undefined {
  return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'
    ? ((node.body ?? undefined) as FunctionBody | undefined)
    : undefined
}

/** Whether a block has a statement that declares the name. */
function declares(block: Node, name: string): boolean {
  if (block.type !== 'Program' && block.type !== 'BlockStatement' && block.type !== 'StaticBlock') return false
  return block.body.some(statement => {
    const declaration =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
        ? statement.declaration
        : statement
    if (declaration?.type === 'ClassDeclaration') return declaration.id?.name === name
    return (
      declaration?.type === 'VariableDeclaration' &&
      declaration.declarations.some(({ id }) => identifierName(id) === name)
    )
  })
}

/** What `_moveTo_decorators` is declared with or assigned, wherever in the function that stands. */
function listIn(frame: Node, variable: string): readonly Expression[] | undefined {
  let found: readonly Expression[] | undefined
  walk(frame, (node, around) => {
    const [target, value] =
      node.type === 'VariableDeclarator'
        ? [node.id, node.init]
        : node.type === 'AssignmentExpression'
          ? [node.left, node.right]
          : []
    if (value?.type !== 'ArrayExpression' || identifierName(target) !== variable) return
    // An inner class has a variable of the same name in a function of its own.
    if (around.findLast(inner => bodyOf(inner) && declares(bodyOf(inner)!, variable)) !== frame) return
    found = value.elements as Expression[]
  })
  return found
}

/** The name of the class that such a function gives: `var Player = class ...`, `return class Player ...`, `return _a = class Player ..., _a`. */
function frameName(body: FunctionBody): string {
  for (const statement of body.body) {
    if (statement.type === 'VariableDeclaration')
      for (const { id, init } of statement.declarations) {
        const node = classIn(init)
        if (node) return classLabel(node.id?.name ?? identifierName(id))
      }
    if (statement.type === 'ReturnStatement') {
      const node = classIn(statement.argument)
      if (node) return classLabel(node.id?.name)
    }
  }
  return ''
}

function classIn(expression: Node | null): Class | undefined {
  if (expression?.type === 'ClassExpression') return expression
  if (expression?.type === 'AssignmentExpression') return classIn(expression.right)
  if (expression?.type === 'SequenceExpression') return classIn(expression.expressions[0]!)
  return undefined
}

function isTrue(node: Expression | undefined, name: string): boolean {
  const value = propertyOf(node, name)
  return value?.type === 'Literal' && value.value === true
}
