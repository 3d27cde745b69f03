/** Small readings of a syntax tree of emitted JavaScript. */
import type { Expression, Node } from '../source/parse.ts'

/** Calls `leave` for each node, inner ones first, with the nodes around it, outermost first. */
export function walk(root: Node, leave: (node: Node, around: readonly Node[]) => void): void {
  const around: Node[] = []
  visit(root)

  function visit(node: Node): void {
    around.push(node)
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) visit(item)
      } else if (isNode(value)) visit(value)
    }
    around.pop()
    leave(node, around)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** `field` of `field`, of `fieldcast_1.field` and of `(0, fieldcast_1.field)`. */
export function lastName(expression: Node): string | undefined {
  switch (expression.type) {
    case 'Identifier':
      return expression.name
    case 'SequenceExpression':
      return lastName(expression.expressions.at(-1)!)
    case 'MemberExpression': {
      const { property, computed } = expression
      if (property.type === 'Identifier' && !computed) return property.name
      return textOf(property)
    }
    default:
      return undefined
  }
}

/** The name of a plain `X`. */
export function identifierName(node: Node | null | undefined): string | undefined {
  return node?.type === 'Identifier' ? node.name : undefined
}

export function textOf(node: Node | null | undefined): string | undefined {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined
}

/** The value of a property that is written out: `{ kind: "method" }`. */
export function propertyOf(node: Node | undefined, name: string): Expression | undefined {
  if (node?.type !== 'ObjectExpression') return undefined
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed) continue
    if ((identifierName(property.key) ?? textOf(property.key)) === name) return property.value
  }
  return undefined
}
