/** Whether a declaration is this package's own, whichever copy of it the project has installed. */
import { readFileSync } from 'node:fs'

const known = new Map<string, boolean>()

/** @param name of the file under lib, without its ending. */
export function isOwn(file: string, name: string): boolean {
  const match = /^(.*)[\\/]lib[\\/]([^.]*)(?:\.d)?\.[cm]?ts$/s.exec(file)
  if (match?.[2]?.replaceAll('\\', '/') !== name) return false
  const root = match[1]!.replace(/[\\/]dist$/, '')
  let own = known.get(root)
  if (own === undefined) {
    own = nameOf(`${root}/package.json`) === 'fieldcast'
    known.set(root, own)
  }
  return own
}

function nameOf(packageJson: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(packageJson, 'utf8')) as { name?: string }).name
  } catch {
    return undefined
  }
}
