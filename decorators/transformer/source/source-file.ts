/** Which files are the game's own TypeScript. */
import { fileURLToPath } from 'node:url'

/** Not those of installed packages, and no declaration files. */
export function isSource(file: string): boolean {
  return /\.([cm]?ts|tsx)$/.test(file) && !/\.d\.[cm]?ts$/.test(file) && !/[\\/]node_modules[\\/]/.test(file)
}

/** The path that a module's URL names, if it is such a file. */
export function sourceFile(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  const file = fileURLToPath(url.replace(/[?#].*$/s, ''))
  return isSource(file) ? file : undefined
}
