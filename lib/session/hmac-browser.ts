/** Pages sign nothing: a key that is in a page is nobody's secret. */
import type { Hmac } from './hmac.ts'

export const hmac: Hmac | null = null
