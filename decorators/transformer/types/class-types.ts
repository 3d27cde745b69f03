/** Classes as types: network classes are references, structs are instances, others are refused. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { decided } from '../checker/ask.ts'
import { type DecoratorName, decorationOf } from '../classes/decorations.ts'
import { lookupExpression } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Class, Decorator, Expression, TSType, TSTypeAnnotation } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { expressionParts } from './expressions.ts'
import { shapeOfParts } from './members.ts'
import { keyName, putKey } from './objects.ts'
import type { Resolving, Span } from './resolving.ts'
import type { Resolved } from './shapes.ts'

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

/** A class and what it extends, as far as the source tells. */
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

function decorationNamed(
  modules: Modules,
  { node, scope }: { readonly node: Class; readonly scope: Scope },
  name: DecoratorName,
): Decorator | undefined {
  return node.decorators.find(decorator => decorationOf(modules, scope, decorator)?.name === name)
}

export function classType(
  on: Resolving,
  declaration: Declaration & { readonly node: Class },
  args: readonly TSType[],
  from: Scope,
  place: Span,
  declarations: readonly Declaration[],
): Resolved {
  const level = { node: declaration.node, name: classNameOf(declaration), scope: declaration.scope }
  if (decorationNamed(on.modules, level, 'struct')) {
    if (declarations.some(({ node }) => node.type === 'TSInterfaceDeclaration'))
      on.refuse(
        place,
        from,
        `the struct ${level.name} shares its name with an interface`,
        'Write its keys as properties of the class.',
      )
    const bound = on.bind(level.node.typeParameters, args, from, level.scope, place)
    return on.named(level.name, level.node, bound.args, place, from, () => [
      'instance',
      structName(on.modules, level),
      structKeys(on, level, args, from),
    ])
  }
  const { levels, network } = lineageOf(on.modules, level)
  const registered = levels.find(ancestor => decorationNamed(on.modules, ancestor, 'networkClass'))
  if (registered) return ['ref', classNameOf(registered)]
  if (network) {
    const declared = levels.filter(({ scope }) => /\.d\.[cm]?ts$/.test(scope.module.file))
    if (declared.length > 1)
      on.refuse(
        place,
        from,
        `which class ${level.name} is registered as cannot be told: declaration files carry no decorators`,
        `Import the source of ${level.name} where its type is sent, or write the class that is registered.`,
      )
    return ['ref', classNameOf(declared[0] ?? level)]
  }
  return on.refuse(
    place,
    from,
    `the class ${level.name} cannot be sent`,
    `Decorate ${level.name} with @struct() to send instances, or write an interface for what is sent. A class of network objects extends NetworkObject.`,
  )
}

/** What a class extends, up to the next class with a declaration of its own, by the names in the source. */
export function baseNames(modules: Modules, first: Omit<Level, 'args' | 'argsScope'>): string[] {
  const { levels, network } = lineageOf(modules, first)
  if (!network) return []
  const bases = levels.slice(1)
  const end = bases.findIndex(base => decorationNamed(modules, base, 'networkClass'))
  return (end < 0 ? bases : bases.slice(0, end)).map(classNameOf)
}

/** A class exported as default without a name is called `default`, as JavaScript does. */
function classNameOf({ node, name }: { readonly node: unknown; readonly name: string }): string {
  return (node as Class).id?.name ?? name
}

/** `@struct('Other')` names the struct; else it bears the class's name. */
export function structName(
  modules: Modules,
  level: { readonly node: Class; readonly name: string; readonly scope: Scope },
): string {
  const decorator = decorationNamed(modules, level, 'struct')
  const first = decorator?.expression.type === 'CallExpression' ? decorator.expression.arguments[0] : undefined
  return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : level.name
}

/** What instances of a struct carry: its properties and those of its bases, the bases' first. */
export function structKeys(
  on: Resolving,
  first: Omit<Level, 'args' | 'argsScope'>,
  args: readonly TSType[] = [],
  from: Scope = first.scope,
): Record<string, Shape> {
  const { levels, network, lost } = lineageOf(on.modules, first, args, from)
  if (network)
    on.refuse(
      first.node.id ?? first.node,
      first.scope,
      `${first.name} is a network class and cannot be a struct`,
      'Take @struct() away: network objects are sent as references.',
    )
  if (lost)
    on.refuse(
      lost,
      levels.at(-1)!.scope,
      `what ${levels.at(-1)!.name} extends cannot be found`,
      'Extend a class that is declared in a file or imported from one, or nothing.',
    )
  const scopes: Scope[] = []
  let argsScope = from
  for (const level of levels) {
    scopes.push(
      on.bind(level.node.typeParameters, level.args, argsScope, level.scope, level.node.id ?? level.node).scope,
    )
    argsScope = scopes.at(-1)!
  }
  const keys: Record<string, Shape> = {}
  levels
    .map((level, index) => ({ level, scope: scopes[index]! }))
    .reverse()
    .forEach(({ level, scope }) => {
      addProperties(on, keys, level, scope, first)
    })
  return keys
}

function addProperties(
  on: Resolving,
  keys: Record<string, Shape>,
  { node, name }: Level,
  scope: Scope,
  first: Omit<Level, 'args' | 'argsScope'>,
): void {
  const typed = (
    key: string,
    annotation: TSTypeAnnotation | null | undefined,
    value: Expression | null,
    member: Span,
    isFixed = false,
  ): Resolved =>
    decided(on, { ...first, key }, 'property', annotation?.typeAnnotation ?? member, scope, () => {
      const type = annotated(on, annotation, value, scope, isFixed)
      return type ?? on.refuse(member, scope, `the type of ${name}.${key} is not written`, `Write it: ${key}: int16`)
    })

  for (const member of node.body.body) {
    if (member.type === 'PropertyDefinition' || member.type === 'TSAbstractPropertyDefinition') {
      if (member.static) continue
      if (member.key.type === 'PrivateIdentifier')
        on.refuse(
          member.key,
          scope,
          `the struct ${name} has a property #${member.key.name}, which nobody outside can read`,
          'Make it a plain property, or static, or keep it elsewhere.',
        )
      const key = keyName(on, member.key, member.computed, scope)
      const type = typed(String(key), member.typeAnnotation, member.value, member, member.readonly)
      putKey(on, keys, String(key), type, member.optional ?? false, member, scope)
    } else if (member.type === 'MethodDefinition' && member.kind === 'constructor') {
      for (const parameter of member.value.params) {
        if (parameter.type !== 'TSParameterProperty') continue
        const target = parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter
        if (target.type !== 'Identifier') continue
        const value = parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.right : null
        const type = typed(target.name, target.typeAnnotation, value, parameter)
        putKey(on, keys, target.name, type, target.optional ?? false, parameter, scope)
      }
    } else if (member.type === 'AccessorProperty' && !member.static) {
      on.refuse(member, scope, `the struct ${name} has an accessor property`, 'Write a plain property.')
    }
  }
}

/**
 * The written type, else what a literal initializer makes plain, else undefined.
 * @param isFixed whether nothing else can be assigned: `readonly kind = 'circle'`.
 */
export function annotated(
  on: Resolving,
  annotation: TSTypeAnnotation | null | undefined,
  value: Expression | null,
  scope: Scope,
  isFixed = false,
): Resolved | undefined {
  if (annotation) return on.resolve(annotation.typeAnnotation, scope)
  if (isFixed && value) return shapeOfParts(expressionParts(on, value, scope, 'kept'))
  let literal = value
  if (literal?.type === 'UnaryExpression' && (literal.operator === '-' || literal.operator === '+'))
    literal = literal.argument
  if (literal?.type === 'TemplateLiteral') return 'str'
  if (literal?.type !== 'Literal') return undefined
  if (typeof literal.value === 'number') return 'float64'
  if (literal !== value) return undefined
  if (typeof literal.value === 'string') return 'str'
  return typeof literal.value === 'boolean' ? 'bool' : undefined
}
