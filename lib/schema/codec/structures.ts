/** Structs, optional values, choices, references. */
import type { Literal } from '../shape.ts'
import { type Codec, minBytesOf } from './contract.ts'
import { describe, Misfit, within } from './misfit.ts'

/**
 * An object with known keys; with `create`, an instance of a class.
 * @param keys in the order of the wire, each with its codec.
 */
export function structCodec(keys: readonly (readonly [string, Codec])[], create: () => object = () => ({})): Codec {
  const names = keys.map(([name]) => name)
  const codecs = keys.map(([, codec]) => codec)
  const inherited = names.map(name => name in Object.prototype)
  return {
    minBytes: minBytesOf(codecs),
    write(w, value, refs) {
      if (!isObject(value)) throw new Misfit('an object', value)
      let i = 0
      try {
        for (; i < names.length; i++)
          codecs[i]!.write(w, inherited[i] ? valueAt(value, names[i]!) : value[names[i]!], refs)
      } catch (error) {
        throw within(error, names[i]!)
      }
    },
    read(r, refs) {
      const object = create() as Record<string, unknown>
      for (let i = 0; i < names.length; i++) {
        const value = codecs[i]!.read(r, refs)
        if (value === undefined && codecs[i]!.optional) continue
        if (inherited[i]) define(object, names[i]!, value)
        else object[names[i]!] = value
      }
      return object
    },
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Set)
}

/** Every object inherits some names, like `constructor`: of those only an own property counts. */
export const valueAt = (object: Record<string, unknown>, key: string): unknown =>
  key in Object.prototype ? Object.getOwnPropertyDescriptor(object, key)?.value : object[key]

/** What an assignment does, except for keys like `__proto__`. */
export function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

export function optionalCodec(of: Codec): Codec {
  return {
    minBytes: 1,
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
  }
}

export function enumCodec(values: readonly Literal[]): Codec {
  const indices = new Map<unknown, number>(values.map((value, i) => [value, i]))
  return {
    minBytes: 1,
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
  }
}

export function referenceCodec(target: string | number): Codec {
  return {
    minBytes: 1,
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
  }
}
