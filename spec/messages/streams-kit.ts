/** What the specs of byte streams share. */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { str, varint } from 'fieldcast'
import { type ByteStream, defineMessage, messages } from 'fieldcast/messages'
import { World, type WorldOptions } from 'fieldcast/testing'

export const Upload = defineMessage('upload', { name: str(100), size: varint })
export const Other = defineMessage('other', { n: varint })
export const Add = defineMessage('add', { a: varint, b: varint }, { reply: varint })
export const talk = messages([Upload, Other, Add])
export const head = { name: 'map.png', size: 1 }

export const unlimited = { callsPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY }

export const start = (limits: object = unlimited, more: Partial<WorldOptions> = {}): Promise<World> =>
  World.start({
    server: { classes: [], messages: talk, limits },
    client: { classes: [], messages: talk },
    latency: 20,
    ...more,
  })

/** Bytes that differ all along. */
export function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0, x = 1; i < size; i++) {
    x = (x * 48271) % 0x7fffffff
    bytes[i] = x >> 8
  }
  return bytes
}

export const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export async function all(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const reader = readable.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  return Buffer.concat(parts)
}

export async function writeAll({ writable }: ByteStream, bytes: Uint8Array, piece = 60_000): Promise<void> {
  const writer = writable.getWriter()
  for (let at = 0; at < bytes.length; at += piece) await writer.write(bytes.subarray(at, at + piece))
  await writer.close()
}

export const errorOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail('it did not fail'),
    error => error,
  )
