/** Tuples: optional, named, rest and spread items. */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { TSTupleElement, TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Resolving } from './resolving.ts'
import { orUndefined, type Resolved } from './shapes.ts'

export function tupleOf(on: Resolving, elements: readonly TSTupleElement[], scope: Scope): Resolved {
  const items: Shape[] = []
  let rest: Shape | undefined
  for (const element of elements) {
    if (rest !== undefined)
      on.refuse(
        element,
        scope,
        'only the last item of a tuple can be a rest',
        'Put the rest item last, or write a list.',
      )
    if (element.type === 'TSRestType') {
      const { typeAnnotation } = element
      const spread = on.open(
        on.shape(
          (typeAnnotation.type as string) === 'TSNamedTupleMember'
            ? (typeAnnotation as unknown as { elementType: TSType }).elementType
            : typeAnnotation,
          scope,
        ),
      )
      if (spread[0] === 'list' && typeof spread !== 'string' && spread.length === 2) rest = spread[1] as Shape
      else if (spread[0] === 'tuple' && typeof spread !== 'string') {
        items.push(...(spread[1] as readonly Shape[]))
        rest = spread[2] as Shape | undefined
      } else on.refuse(element, scope, 'only an array without limit or a tuple can be spread here', 'Write ...T[].')
    } else if (element.type === 'TSOptionalType') {
      items.push(orUndefined(on.resolve(element.typeAnnotation, scope)) as Shape)
    } else if ((element.type as string) === 'TSNamedTupleMember') {
      const named = element as unknown as { elementType: TSType; optional: boolean }
      const shape = on.shape(named.elementType, scope)
      items.push(named.optional ? (orUndefined(shape) as Shape) : shape)
    } else items.push(on.shape(element, scope))
  }
  return rest === undefined ? ['tuple', items] : ['tuple', items, rest]
}
