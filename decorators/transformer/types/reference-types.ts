/** What a type comes to that is written by its name. */
import { OpenParameter } from '../errors.ts'
import type { Scope } from '../source/scope.ts'
import { classType } from './class-types.ts'
import { globalType } from './globals.ts'
import { isClass } from './lineage.ts'
import { shapeOfParts, structOf } from './members.ts'
import { interfaceMembers } from './objects.ts'
import { isType, valuesOf } from './references.ts'
import type { Reference, Resolving } from './resolving.ts'
import { literals, type Resolved } from './shapes.ts'
import { isUtility } from './utilities.ts'
import { wireType } from './wire-types.ts'

export function referenceType(on: Resolving, reference: Reference, scope: Scope): Resolved {
  const { meaning, name } = reference
  if (!meaning)
    return isUtility(name) ? shapeOfParts(on.referenceParts(reference, scope)) : globalType(on, reference, scope)
  switch (meaning.kind) {
    case 'fieldcast':
      return wireType(on, reference, meaning.name, scope)
    case 'missing':
      return on.refuse(
        reference,
        scope,
        `${name} cannot be found: ${meaning.why}`,
        'Correct the import, or install the package whose types it names.',
      )
    case 'module':
      return on.refuse(reference, scope, `${name} is a module, not a type`, `Name a type of it: ${name}.Something.`)
    case 'value':
      return on.refuse(reference, scope, `${name} is a value, not a type`, 'Name a type.')
    case 'argument': {
      const { argument } = meaning
      if (!argument.open) return argument.type()
      if (argument.of !== 'class')
        return on.refuse(
          reference,
          scope,
          `the ${argument.of}'s type parameter ${name} is open: each call could mean another type`,
          'Write the type itself, or unknown.',
        )
      return on.refuse(
        reference,
        scope,
        `the class's type parameter ${name} is open`,
        'Leave @networkClass to subclasses that fill it, like class Chest extends Box<Coin>, or write the type itself.',
        OpenParameter,
      )
    }
    default:
  }
  const { declarations } = meaning
  const first = declarations.find(isType) ?? declarations[0]!
  const asClass = declarations.find(isClass)
  if (asClass) return classType(on, asClass, reference.args, scope, reference, declarations)
  switch (first.node.type) {
    case 'TSEnumDeclaration':
      return on.named(name, first.node, [], reference, scope, () => {
        const values = [...valuesOf(on, declarations).values()]
        return values.length > 0
          ? literals([...new Set(values)], first.node)
          : on.refuse(reference, scope, `the enum ${name} is empty`, 'Give it members.')
      })
    case 'TSTypeAliasDeclaration': {
      const alias = first.node
      const bound = on.bind(alias.typeParameters, reference.args, scope, first.scope, reference)
      return on.named(name, alias, bound.args, reference, scope, () => on.resolve(alias.typeAnnotation, bound.scope))
    }
    case 'TSInterfaceDeclaration': {
      const { args } = on.bind(first.node.typeParameters, reference.args, scope, first.scope, reference)
      return on.named(name, first.node, args, reference, scope, () =>
        structOf(interfaceMembers(on, declarations, reference.args, scope, reference)),
      )
    }
    default:
      return on.refuse(reference, scope, `${name} is a namespace, not a type`, `Name a type of it: ${name}.Something.`)
  }
}
