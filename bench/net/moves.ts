/** What the controls on wires with datagrams keep: each player's newest move, and packets of what is new. */

/** Bytes of a move as it comes, and as it goes: who, where and when. */
const [incoming, size] = [8, 10]
/** As many moves as a packet of at most 1,000 bytes has room for, which is as long as fieldcast's. */
const perPacket = 100

interface Entry {
  readonly bytes: Buffer
  isNew: boolean
}

export class Moves {
  readonly #entries: Entry[] = []
  readonly #moved: Entry[] = []

  /** A place for one more player. */
  add(): number {
    const entry = { bytes: Buffer.alloc(size), isNew: false }
    entry.bytes.writeUInt16LE(this.#entries.length, 0)
    return this.#entries.push(entry) - 1
  }

  take(index: number, move: Uint8Array): void {
    const entry = this.#entries[index]!
    entry.bytes.set(move.length === incoming ? move : move.subarray(0, incoming), 2)
    if (entry.isNew) return
    entry.isNew = true
    this.#moved.push(entry)
  }

  /** What is new since the last time, for everyone. */
  packets(): Buffer[] {
    const packets: Buffer[] = []
    for (let from = 0; from < this.#moved.length; from += perPacket) {
      const entries = this.#moved.slice(from, from + perPacket)
      const packet = Buffer.allocUnsafe(entries.length * size)
      for (const [i, entry] of entries.entries()) {
        packet.set(entry.bytes, i * size)
        entry.isNew = false
      }
      packets.push(packet)
    }
    this.#moved.length = 0
    return packets
  }
}

/** Tells an ear of the moves in a packet. */
export function hear(
  packet: Buffer,
  own: number,
  ear: { readonly reads: boolean; frame(bytes: number): void; move(at: number, isOwn: boolean): void },
): void {
  ear.frame(packet.length)
  if (!ear.reads) return
  for (let at = 0; at + size <= packet.length; at += size)
    ear.move(packet.readUInt32LE(at + 6), packet.readUInt16LE(at) === own)
}

/** A move as a player sends it. */
export function moveBytes(x: number, y: number, at: number): Buffer {
  const bytes = Buffer.allocUnsafe(incoming)
  bytes.writeInt16LE(x, 0)
  bytes.writeInt16LE(y, 2)
  bytes.writeUInt32LE(at, 4)
  return bytes
}
