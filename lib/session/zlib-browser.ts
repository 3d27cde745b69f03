/** Pages have no zlib that answers at once: a server in a page sends its frames as they are. */
import type { Zlib } from './zlib.ts'

export const zlib: Zlib | null = null
