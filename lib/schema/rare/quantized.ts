/** Numbers of a range in few bits. */
import type { Codec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'

/** A number in [min, max] as the nearest of 2^bits equidistant steps, in whole bytes. */
export function quantizedCodec({ Misfit }: Kit, min: number, max: number, bits: number): Codec {
  const steps = 2 ** bits - 1
  const size = Math.ceil(bits / 8)
  return {
    minBytes: size,
    write(w, value) {
      if (!(typeof value === 'number' && value >= min && value <= max))
        throw new Misfit(`a number from ${min} to ${max}`, value)
      let step = Math.round(((value - min) / (max - min)) * steps)
      for (let i = 0; i < size; i++, step = Math.floor(step / 0x100)) w.u8(step)
    },
    read(r) {
      let step = 0
      for (let i = 0; i < size; i++) step += r.u8() * 0x100 ** i
      if (step > steps) throw new Misfit(`a step from 0 to ${steps}`, step)
      // The last step is `max` itself: the sum may be off by a rounding, and would then not fit when it is sent on.
      return step === steps ? max : min + (step / steps) * (max - min)
    },
  }
}
