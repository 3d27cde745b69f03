/** Decorators of other packages: no Node runs them, and what V8 says of an @ helps nobody. */
import { readFileSync } from 'node:fs'
import { UnresolvedType } from '../errors.ts'
import type { Erased } from '../source/erase.ts'
import { parse } from '../source/parse.ts'
import { decode } from '../source/source-map.ts'

/**
 * Whether what a load hook of ours gives goes straight to Node. To be asked in the hook itself, before it waits for anything:
 * then whoever called it is on the stack, which is Node's own step and, where no other loader stands before us, Node's own beginning.
 */
export function isLastHook(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 8
  const frames = new Error().stack!.split('\n').slice(1)
  Error.stackTraceLimit = stackTraceLimit
  const step = frames.findIndex(frame => /\b(nextLoad|nextStep) \(node:internal/.test(frame))
  return step >= 0 && /\b(Hooks\.load|loadWithHooks) \(node:internal/.test(frames[step + 1] ?? '')
}

/** @throws UnresolvedType at the first decorator that is left in a file. */
export function refuseDecorators(file: string, { code, map }: Erased): void {
  if (!code.includes('@')) return
  const start = firstDecorator(parse(file, code).program)
  if (start === undefined) return
  const before = code.slice(0, start).split('\n')
  const segments = decode(map.mappings)[before.length - 1] ?? []
  // The name behind the @ is what a map knows.
  const [, line, column] = segments.find(([column]) => column > before.at(-1)!.length) ?? [0, 0, 0]
  const source = readFileSync(file, 'utf8')
  const from = source.split('\n', line).join('\n').length + (line > 0 ? 1 : 0) + column
  const name = /^[\w$.]*/.exec(source.slice(from))![0]
  throw new UnresolvedType(
    { file, source, start: from, end: from + name.length },
    `@${name} is a decorator of another package, and nothing here compiles it`,
    'fieldcast/register takes care of its own decorators alone. Import tsx behind it: node --import fieldcast/register --import tsx server.ts',
  )
}

function firstDecorator(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const { type, start } = node as { readonly type?: string; readonly start: number }
  if (type === 'Decorator') return start
  for (const child of Object.values(node)) {
    const found = firstDecorator(child)
    if (found !== undefined) return found
  }
  return undefined
}
