/** What each decorator is given: the schema of a field, of a struct or message, or of a class. */
import type { ClassSchema, FieldSchema, StructSchema } from '../../../lib/schema/shape.ts'
import { OpenParameter } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { MethodDefinition } from '../source/parse.ts'
import type { Module } from '../source/scope.ts'
import { baseNames, structName } from '../types/class-types.ts'
import { normalField, normalStruct } from '../types/normal.ts'
import { Resolver } from '../types/resolve.ts'
import { parameterNames, signatureOf } from '../types/signature.ts'
import { structKeys } from '../types/struct-keys.ts'
import { byHand } from './by-hand.ts'
import { checkRegistrations } from './checks.ts'
import type { DecoratedClass, DecoratedMember, Decoration } from './decorations.ts'
import { inheritedFields } from './inherited.ts'
import { docOf } from './jsdoc.ts'
import { keyOf, methodOf, nameOf, requireClassDecoration } from './placement.ts'

/** What one decorator is to be given. */
export interface Registration {
  readonly decoration: Decoration
  /** The name of the method, for `@field`. */
  readonly key?: string
  /** Null for a field whose types only a subclass knows. */
  readonly schema: object | null
}

/** In the order in which they run: fields, then the class. */
export function registrationsOf(modules: Modules, module: Module, decorated: DecoratedClass): Registration[] {
  const registrations = [
    ...decorated.members.map(member => fieldCall(modules, module, decorated, member)),
    ...decorated.decorations.map(item => classCall(modules, decorated, item)),
  ]
  checkRegistrations(modules, decorated, registrations)
  return registrations
}

function classCall(modules: Modules, decorated: DecoratedClass, decoration: Decoration): Registration {
  const { node, scope } = decorated
  const { name } = decoration
  requireClassDecoration(decorated, decoration)
  const className = nameOf(decorated)
  if (name === 'struct' || name === 'message') {
    const on = new Resolver(modules, className)
    const level = { node, name: className, scope }
    const keys = hasTypeByHand(decoration) ? {} : structKeys(on, level, [], scope, name)
    const schema: StructSchema = {
      name: name === 'struct' ? structName(modules, level) : className,
      keys,
      ...(Object.keys(on.types).length === 0 ? {} : { types: on.types }),
    }
    return { decoration, schema: normalStruct(schema, level) }
  }
  const fields: Record<string, FieldSchema> = {}
  for (const [field, inherited] of Object.entries(inheritedFields(modules, decorated)))
    fields[field] = normalField(inherited, { scope, node, name: `${className}.${field}` })
  const bases = baseNames(modules, { node, name: className, scope })
  const schema: ClassSchema = {
    name: className,
    ...(bases.length === 0 ? {} : { bases }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  }
  return { decoration, schema }
}

function fieldCall(modules: Modules, module: Module, decorated: DecoratedClass, item: DecoratedMember): Registration {
  const { decoration } = item
  const method = methodOf(decorated, item)
  const key = keyOf(method)
  if (byHand(modules, decorated.scope, decoration))
    return { decoration, key, schema: { params: parameterNames(method).map(name => [name, null]) } }
  try {
    return { decoration, key, schema: schemaOf(modules, module, decorated, item) }
  } catch (error) {
    const generic = error instanceof OpenParameter && !decorated.decorations.some(({ name }) => name === 'networkClass')
    if (generic) return { decoration, key, schema: null }
    throw error
  }
}

function schemaOf(
  modules: Modules,
  module: Module,
  decorated: DecoratedClass,
  { member }: DecoratedMember,
): FieldSchema {
  const method = member as MethodDefinition
  const scope = decorated.scope.withOpen(decorated.node.typeParameters, 'class')
  const doc = docOf(module.parsed, decorated.node, method)
  const name = `${decorated.name ?? 'class'}.${keyOf(method)}`
  const on = new Resolver(modules, name, { node: decorated.node, scope: decorated.scope, key: keyOf(method) })
  return normalField(signatureOf(on, method, scope, doc), { scope, node: method, name })
}

/** `@struct('Vec', { type: wire.object({ ... }) })`, and `@message` likewise. */
function hasTypeByHand({ call }: Decoration): boolean {
  const options = call?.arguments[1]
  return (
    options?.type === 'ObjectExpression' &&
    options.properties.some(
      property => property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === 'type',
    )
  )
}
