/** Node's own signatures. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Hmac } from './hmac.ts'

export const hmac: Hmac | null = {
  sign: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
  isSame(one, other) {
    const [a, b] = [Buffer.from(one), Buffer.from(other)]
    return a.length === b.length && timingSafeEqual(a, b)
  },
}
