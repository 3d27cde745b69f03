/** Values as text that is the same on every platform and under every minifier. */
import { NetworkObject } from 'fieldcast'
import { Vec } from './vec.js'

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof NetworkObject) return `@${value.id}`
  if (value instanceof Date) return `Date ${value.toISOString()}`
  if (value instanceof Map)
    return `Map {${[...value].map(([key, item]) => `${show(key)} => ${show(item)}`).join(', ')}}`
  if (value instanceof Set) return `Set {${[...value].map(show).join(', ')}}`
  if (value instanceof Uint8Array) return `bytes [${[...value].join(' ')}]`
  if (value instanceof Float32Array) return `float32 [${[...value].join(' ')}]`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}: ${show(item)}`)
  return `${value instanceof Vec ? `Vec of length ${value.length} ` : ''}{${entries.join(', ')}}`
}
