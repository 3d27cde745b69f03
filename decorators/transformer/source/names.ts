/** The names that patterns and statements bind. */
import type { BindingPattern, Expression, ParamPattern, Statement, TSType, TSTypeAnnotation } from './parse.ts'

/** A name that is no type: how it was declared, and from what its own type can be told. */
export interface Value {
  readonly kind: 'const' | 'let' | 'other'
  readonly init: Expression | null
  readonly annotation: TSType | null
}

/** What can be said of parameters, functions and the parts of patterns. */
export const otherValue: Value = { kind: 'other', init: null, annotation: null }

/** Every name in a pattern: `{ a, b: [c, ...d] }` binds a, c and d. */
export function boundNames(pattern: BindingPattern | ParamPattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    case 'RestElement':
      return boundNames(pattern.argument)
    case 'TSParameterProperty':
      return boundNames(pattern.parameter)
    case 'ArrayPattern':
      return pattern.elements.flatMap(element => (element ? boundNames(element) : []))
    case 'ObjectPattern':
      return pattern.properties.flatMap(property =>
        boundNames(property.type === 'RestElement' ? property : (property.value as BindingPattern)),
      )
  }
}

/** The variables that a declaration makes known. */
export function variables(declaration: Extract<Statement, { type: 'VariableDeclaration' }>): [string, Value][] {
  return declaration.declarations.flatMap(({ id, init }): [string, Value][] => {
    if (id.type !== 'Identifier') return boundNames(id).map(name => [name, otherValue])
    const { typeAnnotation } = id as { typeAnnotation?: TSTypeAnnotation | null }
    const kind = declaration.kind === 'const' ? 'const' : /^(let|var)$/.test(declaration.kind) ? 'let' : 'other'
    return [[id.name, { kind, init, annotation: typeAnnotation?.typeAnnotation ?? null }]]
  })
}
