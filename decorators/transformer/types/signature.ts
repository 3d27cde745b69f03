/** A method's signature as the contract has it: parameters, result, JSDoc. */
import type { FieldSchema, ParameterShape, Shape } from '../../../lib/schema/shape.ts'
import { asked, decided } from '../checker/ask.ts'
import { lookupName } from '../source/bindings.ts'
import type {
  BindingPattern,
  Function as FunctionNode,
  MethodDefinition,
  ParamPattern,
  TSType,
  TSTypeAnnotation,
} from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Resolver } from './resolve.ts'
import { orUndefined } from './shapes.ts'
import { annotated } from './struct-keys.ts'

/** The names of a method's parameters; destructured ones are numbered. */
export function parameterNames(method: MethodDefinition): string[] {
  return parametersOf(method.value).map((parameter, index) => nameOf(bindingOf(parameter), index))
}

/** @param on a resolver of this field's own: its recursive types become the field's. */
export function signatureOf(
  on: Resolver,
  method: MethodDefinition,
  classScope: Scope,
  doc: string | undefined,
): FieldSchema {
  const { value } = method
  const scope = classScope.withOpen(value.typeParameters, 'method')
  const params = parametersOf(value).flatMap((parameter, index) => parameterShapes(on, parameter, index, scope))
  const result = resultOf(on, value, scope)
  return {
    params,
    ...(result === undefined ? {} : { result }),
    ...(doc === undefined ? {} : { doc }),
    ...(Object.keys(on.types).length === 0 ? {} : { types: on.types }),
  }
}

/** Without `this: Player`, which TypeScript alone sees. */
function parametersOf(method: FunctionNode): readonly ParamPattern[] {
  return method.params.filter(
    (parameter, index) => !(index === 0 && parameter.type === 'Identifier' && parameter.name === 'this'),
  )
}

function bindingOf(parameter: ParamPattern): BindingPattern {
  if (parameter.type === 'TSParameterProperty') return parameter.parameter
  if (parameter.type === 'RestElement') return parameter.argument
  return parameter.type === 'AssignmentPattern' ? parameter.left : parameter
}

function nameOf(binding: BindingPattern, index: number): string {
  return binding.type === 'Identifier' ? binding.name : `argument${index + 1}`
}

function parameterShapes(on: Resolver, parameter: ParamPattern, index: number, scope: Scope): ParameterShape[] {
  const binding = bindingOf(parameter)
  const name = nameOf(binding, index)
  const missing = (): never =>
    on.refuse(parameter, scope, `the parameter ${name} has no type`, `Write one: ${name}: int16`)
  if (parameter.type === 'RestElement') {
    const node = parameter.typeAnnotation?.typeAnnotation ?? missing()
    const type = on.open(decided(on, on.member, index, node, scope, () => on.shape(node, scope)))
    if (typeof type !== 'string') {
      if (type[0] === 'list' && type.length === 2) return [[name, ['rest', type[1] as Shape]]]
      if (type[0] === 'tuple') {
        const items = (type[1] as readonly Shape[]).map((item, at): ParameterShape => [`${name}${at + 1}`, item])
        return type[2] === undefined ? items : [...items, [name, ['rest', type[2] as Shape]]]
      }
    }
    return on.refuse(
      node,
      scope,
      'a rest parameter needs an array without limit, or a tuple',
      `Write ...${name}: int16[], or take one list: ${name}: list<int16, 10>.`,
    )
  }
  // The syntax tree's types deny a type and a question mark to some of the patterns that bear them.
  const { typeAnnotation: annotation, optional: marked } = binding as {
    typeAnnotation?: TSTypeAnnotation | null
    optional?: boolean
  }
  const value = parameter.type === 'AssignmentPattern' ? parameter.right : null
  const type = decided(
    on,
    on.member,
    index,
    annotation?.typeAnnotation ?? parameter,
    scope,
    () => annotated(on, annotation, value, scope) ?? missing(),
  )
  if (type === 'undefined' || type === 'never')
    on.refuse(
      annotation ?? parameter,
      scope,
      `${type} is no value that could be sent`,
      'Leave the parameter out, or write null, or T | undefined.',
    )
  const optional = value !== null || marked === true
  return [[name, (optional ? orUndefined(type) : type) as Shape]]
}

function resultOf(on: Resolver, method: FunctionNode, scope: Scope): Shape | 'void' | undefined {
  const declared = method.returnType?.typeAnnotation
  if (!declared) {
    if (method.async)
      on.refuse(
        {
          start: method.params.length > 0 ? method.params[0]!.start : method.start,
          end: method.body?.start ?? method.end,
        },
        scope,
        'an async method needs a declared result: with it, callers can await an answer',
        'Write Promise<void> for plain success, or Promise<T> for an answer of type T.',
      )
    return undefined
  }
  const promised = promisedBy(on, declared, scope)
  const type = promised
    ? decided(on, on.member, 'result', promised.node, promised.scope, () => on.resolve(promised.node, promised.scope))
    : promised === null && on.member && on.modules.checker
      ? asked(on, on.member, 'result', declared, scope)
      : undefined
  if (type === undefined) return undefined
  if (type === 'never') {
    const { node, scope: at } = promised ?? { node: declared, scope }
    on.refuse(node, at, 'never is no answer', 'Write Promise<void>.')
  }
  return type === 'undefined' ? 'void' : (type as Shape)
}

/** Global types that may come to a Promise. */
const mayPromise = ['ReturnType', 'Extract', 'Exclude', 'NonNullable']

/** The T of Promise<T>, also behind aliases without type parameters; null for types of which the syntax cannot tell whether they are promises. */
function promisedBy(
  on: Resolver,
  declared: TSType,
  scope: Scope,
): { readonly node: TSType; readonly scope: Scope } | undefined | null {
  const seen = new Set<TSType>()
  for (let node = declared, at = scope; !seen.has(node); ) {
    seen.add(node)
    if (node.type === 'TSConditionalType' || node.type === 'TSIndexedAccessType') return null
    if (node.type !== 'TSTypeReference') return undefined
    const meaning = lookupName(on.modules, at, node.typeName)
    if (!meaning) {
      if (node.typeName.type !== 'Identifier') return undefined
      if (node.typeName.name !== 'Promise') return mayPromise.includes(node.typeName.name) ? null : undefined
      const answer = node.typeArguments?.params[0]
      return answer
        ? { node: answer, scope: at }
        : on.refuse(node, at, 'this Promise does not say what it gives', 'Write Promise<void> or Promise<T>.')
    }
    const alias = meaning.kind === 'declared' ? meaning.declarations[0] : undefined
    if (alias?.node.type !== 'TSTypeAliasDeclaration') return undefined
    if (alias.node.typeParameters) return null
    node = alias.node.typeAnnotation
    at = alias.scope
  }
  return undefined
}
