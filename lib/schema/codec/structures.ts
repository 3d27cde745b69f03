/** Values made of other shapes: structs and instances, optional values, choices, references, recursion. */
import type { Literal } from '../shape.ts'
import { type Codec, MAX_DEPTH, openTraits, traits } from './contract.ts'
import { describe, Misfit, within } from './misfit.ts'

/**
 * An object with known keys; with `create`, an instance of a class.
 * @param keys in the order of the wire, each with its codec.
 */
export function structCodec(keys: readonly (readonly [string, Codec])[], create: () => object = () => ({})): Codec {
  const codecs = keys.map(([, codec]) => codec)
  // Every object inherits some names, like `constructor`: of those only an own property counts.
  const inherited = keys.map(([key]) => key in Object.prototype)
  // Flat keys first: a discriminating literal then decides before nested unions are judged again and again.
  const judged = [...keys].sort(([, a], [, b]) => Number(b.flat) - Number(a.flat))
  return {
    ...traits(codecs),
    write(w, value, refs) {
      if (!isObject(value)) throw new Misfit('an object', value)
      let i = 0
      try {
        for (; i < keys.length; i++)
          codecs[i]!.write(w, inherited[i] ? own(value, keys[i]![0]) : value[keys[i]![0]], refs)
      } catch (error) {
        throw within(error, keys[i]![0])
      }
    },
    read(r, refs) {
      const object = create() as Record<string, unknown>
      for (let i = 0; i < keys.length; i++) {
        const value = codecs[i]!.read(r, refs)
        if (value === undefined && codecs[i]!.optional) continue
        if (inherited[i]) define(object, keys[i]![0], value)
        else object[keys[i]![0]] = value
      }
      return object
    },
    is: (value, refs) =>
      isObject(value) &&
      judged.every(([key, codec]) => codec.is(key in Object.prototype ? own(value, key) : value[key], refs)),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Set)
}

const own = (object: object, key: string): unknown => Object.getOwnPropertyDescriptor(object, key)?.value

/** What an assignment does, except for keys like `__proto__`. */
export function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

export function optionalCodec(of: Codec): Codec {
  return {
    ...openTraits([of], of.flat),
    optional: true,
    write(w, value, refs) {
      w.u8(value === undefined ? 0 : 1)
      if (value !== undefined) of.write(w, value, refs)
    },
    read(r, refs) {
      const present = r.u8()
      if (present > 1) throw new Misfit('a presence byte of 0 or 1', present)
      return present ? of.read(r, refs) : undefined
    },
    is: (value, refs) => value === undefined || of.is(value, refs),
  }
}

export function enumCodec(values: readonly Literal[]): Codec {
  const indices = new Map<unknown, number>(values.map((value, i) => [value, i]))
  return {
    ...(values.length <= 0x80 ? traits([], 1) : openTraits([], true)),
    write(w, value) {
      const index = indices.get(value)
      if (index === undefined)
        throw new Misfit(`one of ${values.slice(0, 5).map(describe)}${values.length > 5 ? ',...' : ''}`, value)
      w.varint(index)
    },
    read(r) {
      const index = r.varint()
      if (index >= values.length) throw new Misfit(`one of ${values.length} values`, index)
      return values[index]
    },
    is: value => indices.has(value),
  }
}

export function unionCodec(members: readonly Codec[]): Codec {
  const count = `one of ${members.length} types`
  return {
    ...openTraits(
      members,
      members.every(member => member.flat),
    ),
    write(w, value, refs) {
      const index = members.findIndex(member => member.is(value, refs))
      if (index < 0) throw new Misfit(count, value)
      w.varint(index)
      members[index]!.write(w, value, refs)
    },
    read(r, refs) {
      const index = r.varint()
      if (index >= members.length) throw new Misfit(count, index)
      return members[index]!.read(r, refs)
    },
    is: (value, refs) => members.some(member => member.is(value, refs)),
  }
}

export function referenceCodec(target: string | number): Codec {
  return {
    minBytes: 1,
    hasReferences: true,
    flat: true,
    merges: true,
    write(w, value, refs) {
      // Before idOf, so that no engine takes undefined for null.
      if (typeof value !== 'object') throw new Misfit('a network object or null', value)
      w.varint(refs.idOf(value, target))
    },
    read(r, refs) {
      const id = r.varint()
      if (id > 0xffffffff) throw new Misfit('an object id', id)
      return id === 0 ? null : refs.objectAt(id, target)
    },
    is(value, refs) {
      if (typeof value !== 'object') return false
      if (!refs || value === null) return true
      try {
        return refs.idOf(value, target) > 0
      } catch {
        return false
      }
    },
  }
}

let depth = 0

/** Runs `task` one level deeper; throws Misfit below MAX_DEPTH levels. What nests within `unknown` counts on. */
export function nested<T>(task: () => T, value?: unknown): T {
  if (depth >= MAX_DEPTH) throw new Misfit(`at most ${MAX_DEPTH} levels, none of them cyclic`, value)
  depth++
  try {
    return task()
  } finally {
    depth--
  }
}

/**
 * A recursive type: `target` gives its codec, which is compiled only after this one. A type that ends anywhere takes a byte to say so.
 * @param hasReferences false within the type itself: what is around it knows better.
 */
export function recursiveCodec(target: () => Codec, optional: boolean, hasReferences = false): Codec {
  return {
    minBytes: 1,
    hasReferences,
    flat: false,
    merges: true,
    ...(optional && { optional }),
    write: (w, value, refs) => nested(() => target().write(w, value, refs), value),
    read: (r, refs) => nested(() => target().read(r, refs)),
    is: (value, refs) => depth < MAX_DEPTH && nested(() => target().is(value, refs)),
  }
}
