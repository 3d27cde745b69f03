/** Classes as types: network classes are references, structs are instances, others are refused. */
import { type DecoratorName, decorationOf } from '../classes/decorations.ts'
import type { Modules } from '../source/modules.ts'
import type { Class, Decorator, TSType } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { type Level, lineageOf } from './lineage.ts'
import type { Resolving, Span } from './resolving.ts'
import type { Resolved } from './shapes.ts'
import { structKeys } from './struct-keys.ts'

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
