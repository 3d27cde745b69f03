/** The TypeScript examples of the documentation. Fences that begin with `// name.ts` and follow each other belong together. */
import { readFileSync } from 'node:fs'

export interface Example {
  /** `README.md:12` */
  readonly where: string
  readonly files: ReadonlyMap<string, string>
}

export function examplesIn(path: string): Example[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const examples: { where: string; files: Map<string, string> }[] = []
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] !== '```ts') continue
    const end = lines.indexOf('```', i + 1)
    const code = lines.slice(i + 1, end).join('\n')
    const name = /^\/\/ ([\w.-]+\.ts)\b/.exec(code)?.[1]
    const last = examples.at(-1)
    // A name that comes again starts a new example; a nameless fence stands alone.
    if (name && last && last.files.size > 0 && !last.files.has(name) && !last.files.has('example.ts'))
      last.files.set(name, code)
    else examples.push({ where: `${path}:${i + 1}`, files: new Map([[name ?? 'example.ts', code]]) })
    i = end
  }
  return examples
}
