/** The fields of generic base classes: their types are known only where a subclass fills the type parameters in. */
import type { FieldSchema } from '../../../lib/schema/shape.ts'
import { OpenParameter } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { MethodDefinition } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { type Level, lineageOf } from '../types/lineage.ts'
import { Resolver } from '../types/resolve.ts'
import { signatureOf } from '../types/signature.ts'
import { byHand } from './by-hand.ts'
import { type DecoratedClass, decorationOf } from './decorations.ts'
import { docOf } from './jsdoc.ts'
import { keyOf, nameOf } from './placement.ts'

/** Fields of generic bases, by name, with the types that this class fills in. */
export function inheritedFields(modules: Modules, decorated: DecoratedClass): Record<string, FieldSchema> {
  const { node, scope } = decorated
  const name = nameOf(decorated)
  const { levels } = lineageOf(modules, { node, name, scope })
  const own = new Set(
    node.body.body.flatMap(member =>
      member.type === 'MethodDefinition' && member.decorators.length > 0 ? [keyOf(member)] : [],
    ),
  )
  const fields: Record<string, FieldSchema> = {}
  levels.forEach((level, depth) => {
    if (depth === 0 || !level.node.typeParameters) return
    const open = level.scope.withOpen(level.node.typeParameters, 'class')
    for (const member of level.node.body.body) {
      if (member.type !== 'MethodDefinition' || own.has(keyOf(member))) continue
      const decoration = member.decorators
        .flatMap(decorator => decorationOf(modules, level.scope, decorator) ?? [])
        .find(item => item.name === 'field')
      if (!decoration?.call) continue
      const key = keyOf(member)
      own.add(key)
      if (byHand(modules, level.scope, decoration) || !needsArguments(modules, level, member, open)) continue
      const on = new Resolver(modules, `${name}.${key}`, { node, scope, key })
      fields[key] = signatureOf(
        on,
        member,
        filled(on, levels, depth),
        docOf(level.scope.module.parsed, level.node, member),
      )
    }
  })
  return fields
}

/** The scope of a base class whose type parameters stand for what the classes below it fill in. */
function filled(on: Resolver, levels: readonly Level[], depth: number): Scope {
  let scope = levels[0]!.scope.withOpen(levels[0]!.node.typeParameters, 'class')
  for (const level of levels.slice(1, depth + 1))
    scope = on.bind(level.node.typeParameters, level.args, scope, level.scope, level.node.id ?? level.node).scope
  return scope
}

function needsArguments(modules: Modules, { node, scope }: Level, method: MethodDefinition, open: Scope): boolean {
  const key = keyOf(method)
  try {
    signatureOf(new Resolver(modules, key, { node, scope, key }), method, open, undefined)
    return false
  } catch (error) {
    return error instanceof OpenParameter
  }
}
