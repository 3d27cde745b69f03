/** One of several shapes: the first that takes the value. */
import type { Codec } from '../codec/contract.ts'
import type { Shape, Types } from '../shape.ts'
import type { Kit } from './kit.ts'

/** @param shapes of the members. @param types the recursive ones that they name. */
export function unionCodec(kit: Kit, shapes: readonly Shape[], members: readonly Codec[], types: Types): Codec {
  const { Misfit } = kit
  const count = `one of ${members.length} types`
  const mayBe = shapes.map(shape => screen(kit, shape, types))
  return {
    minBytes: 1,
    write(w, value, refs) {
      const start = w.position
      for (let i = 0; i < members.length; i++) {
        if (!mayBe[i]!(value)) continue
        try {
          w.varint(i)
          return members[i]!.write(w, value, refs)
        } catch (error) {
          if (!(error instanceof Misfit)) throw error
          w.rewind(start)
        }
      }
      throw new Misfit(count, value)
    },
    read(r, refs) {
      const index = r.varint()
      if (index >= members.length) throw new Misfit(count, index)
      return members[index]!.read(r, refs)
    },
  }
}

/**
 * A quick look at a value that tells most of those that the shape does not take: so that a discriminating literal decides
 * before nested unions are tried again and again.
 */
function screen(kit: Kit, shape: Shape, types: Types): (value: any) => boolean {
  const kind = kit.plainKinds.indexOf(shape as string)
  if (kind >= 0) return value => kit.isPlain(kind, value)
  switch (typeof shape === 'string' ? shape : shape[0]) {
    case 'date':
      return value => value instanceof Date
    case 'str':
      return value => typeof value === 'string'
    case 'bytes':
      return value => value instanceof Uint8Array
    case 'numbers':
      return ArrayBuffer.isView
    case 'list':
    case 'tuple':
      return Array.isArray
    case 'enum': {
      const literals = new Set<unknown>(shape[1] as readonly unknown[])
      return value => literals.has(value)
    }
    case 'struct':
    case 'instance': {
      const keys = Object.entries(shape.at(-1) as Readonly<Record<string, Shape>>)
        .filter(([, of]) => of[0] === 'enum' || kit.plainKinds.includes(of as string))
        .map(([key, of]) => [key, screen(kit, of, types)] as const)
      return value => kit.isObject(value) && keys.every(([key, is]) => is(kit.valueAt(value, key)))
    }
    case 'type': {
      const named = types[shape[1] as string]!
      return named[0] === 'struct' || named[0] === 'instance' ? screen(kit, named, types) : () => true
    }
    default:
      return () => true
  }
}
