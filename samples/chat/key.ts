/** Who someone at a terminal is to the server: each name has a key of its own in the home folder, and whoever comes with the key is that person. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The key of a name; made by chance when the name is new. The empty name stands for whoever gives none. */
export function keyOf(name: string): string {
  const folder = join(homedir(), '.fieldcast-chat')
  const file = join(folder, `${encodeURIComponent(name)}.key`)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const key = randomBytes(16).toString('hex')
    try {
      mkdirSync(folder, { recursive: true })
      writeFileSync(file, key, { mode: 0o600 })
    } catch (error) {
      console.warn(`Warning: you will be somebody else next time: ${(error as Error).message}`)
    }
    return key
  }
}
