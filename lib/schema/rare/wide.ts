/** Whole numbers of 64 bits, and dates. */
import type { Codec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'

const LAST_DAY = 8.64e15

/** A bigint; safe integers are accepted and arrive as bigint. */
export function wideCodec({ Misfit }: Kit, kind: 'int64' | 'uint64'): Codec {
  const cut = kind === 'int64' ? BigInt.asIntN : BigInt.asUintN
  return {
    minBytes: 8,
    write(w, value) {
      const whole = Number.isSafeInteger(value) ? BigInt(value as number) : value
      if (typeof whole !== 'bigint' || cut(64, whole) !== whole) throw new Misfit(kind, value)
      const at = w.reserve(8)
      // Both kinds have the same bytes.
      w.view.setBigUint64(at, whole, true)
    },
    read(r) {
      const low = BigInt(r.u32())
      return cut(64, low | (BigInt(r.u32()) << 32n))
    },
  }
}

/** To the millisecond. */
export function dateCodec({ Misfit }: Kit): Codec {
  const isTime = (time: number): boolean => Number.isInteger(time) && Math.abs(time) <= LAST_DAY
  return {
    minBytes: 8,
    write(w, value) {
      if (!(value instanceof Date && isTime(value.getTime()))) throw new Misfit('date', value)
      w.f64(value.getTime())
    },
    read(r) {
      const time = r.f64()
      if (!isTime(time)) throw new Misfit('date', time)
      return new Date(time)
    },
  }
}
