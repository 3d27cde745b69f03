/** Which of a bundler's module ids mean the game's own TypeScript. */
import { realpathSync } from 'node:fs'
import { isAbsolute, normalize } from 'node:path'
import { isSource } from '../source/source-file.ts'

/** The path that an id names, without its query, in the platform's form; undefined for what is no source. */
export function sourceOf(id: string): string | undefined {
  // Rollup's convention for modules that plugins make up out of others.
  if (id.startsWith('\0') || /[?&](raw|url)(&|=|$)/.test(id)) return undefined
  // A folder's name may have a # in it.
  const path = id.replace(/\?.*$/s, '').replace(/#[^\\/]*$/s, '')
  const file = isAbsolute(path) ? normalize(path) : path
  return isSource(isLinked(file) ? realPath(file) : file) ? file : undefined
}

/** A workspace's package is a link in node_modules to its source, and some hosts keep the link's path. */
function isLinked(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file)
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
