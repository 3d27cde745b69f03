/** Which files are the game's own TypeScript. */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Not those of installed packages, and no declaration files. */
export function isSource(file: string): boolean {
  return /\.([cm]?ts|tsx)$/.test(file) && !/\.d\.[cm]?ts$/.test(file) && !isInstalled(file)
}

/** A workspace's own package is linked from node_modules too, and keeps that path under --preserve-symlinks. */
function isInstalled(file: string): boolean {
  const installed = /[\\/]node_modules[\\/]/
  if (!installed.test(file)) return false
  try {
    return installed.test(realpathSync(file))
  } catch {
    return true
  }
}

/** The path that a module's URL names, if it is such a file. */
export function sourceFile(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  const file = fileURLToPath(url.replace(/[?#].*$/s, ''))
  return isSource(file) ? file : undefined
}
