/** What `fieldcast patch` is to do with each file. Nothing is written here. */
import { readFileSync } from 'node:fs'
import { FieldcastError, UsageError } from '../../../lib/base/errors.ts'
import { inject } from '../emitted/inject.ts'
import { leftIn } from '../emitted/left.ts'
import { mapOf, withInlineUrl } from '../emitted/map-of.ts'
import { matchClasses } from '../emitted/match.ts'
import { UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import { parse } from '../source/parse.ts'
import { type Read, read } from '../transform.ts'
import { type Origin, originOf, outputsIn, type Scope } from './patch-outputs.ts'

/** One file with decorated classes. */
export interface Output {
  readonly file: string
  readonly source: string
  readonly classes: number
  /** Whether an earlier patch has been there. */
  readonly patched: boolean
  /** Whether tsc has left decorators in it. */
  readonly raw: boolean
  /** Null where nothing is to be done. */
  readonly change: Change | null
}

export interface Change {
  /** As it was read. */
  readonly before: string
  readonly code: string
  readonly map: { readonly file: string; readonly before: string; readonly text: string } | undefined
}

/** An output that was not made from its source as it is now. */
export class Mismatch extends UsageError {
  readonly source: string

  constructor(output: string, source: string, cause: UsageError) {
    super(`${output} does not fit ${source}: ${cause.message}`, { cause })
    this.source = source
  }
}

export interface Problem {
  readonly error: FieldcastError
  readonly output: string
  /** The output as it was read. */
  readonly code: string
}

export interface Plan {
  readonly outputs: readonly Output[]
  /** Files whose source is gone, as sentences. */
  readonly stale: readonly string[]
  /** What stands in the way of all of it. */
  readonly problems: readonly Problem[]
  /** The TypeScript that it was read from. */
  readonly sources: readonly string[]
}

/** @param modules keep one for all plans: it remembers what it parsed. */
export function planFor(scope: Scope, modules: Modules): Plan {
  const outputs: Output[] = []
  const stale: string[] = []
  const problems = new Map<string, Problem>()
  const sources = new Set<string>()
  const known = new Map<string, Read | null>()
  for (const file of outputsIn(scope)) {
    const code = readFileSync(file, 'utf8')
    try {
      const map = mapOf(file, code)
      const origin = originOf(file, map, scope)
      if (origin.kind === 'source') {
        const found = sourceOf(origin.file)
        if (found) outputs.push(outputOf(file, code, map, origin.file, found))
      } else if (origin.kind === 'lost') {
        const sentence = lost(file, code, origin.looked)
        if (sentence) stale.push(sentence)
      } else if (origin.kind === 'bundle') {
        refuseBundle(file, origin)
      }
    } catch (error) {
      if (!(error instanceof FieldcastError)) throw error
      if (error instanceof UnresolvedType) for (const each of error.dependencies) sources.add(each)
      problems.set(error.message, { error, output: file, code })
    }
  }
  return { outputs, stale, problems: [...problems.values()], sources: [...sources] }

  function sourceOf(file: string): Read | null {
    const before = known.get(file)
    if (before !== undefined) return before
    sources.add(file)
    const text = readFileSync(file, 'utf8')
    const found = read(text, file, modules)
    // A file that may have decorators was opened, and then null can mean that it does not parse.
    const { error } = (found === null && modules.opened.includes(file) && modules.open(file)?.parsed) || {}
    if (error)
      throw new UnresolvedType(
        { file, source: text, start: error.start, end: error.start + 1 },
        error.message.replace(/\.$/, ''),
        'Correct the syntax, run tsc, then fieldcast patch.',
      )
    for (const each of found?.dependencies ?? []) sources.add(each)
    known.set(file, found)
    return found
  }

  function refuseBundle(file: string, { sources: parts }: Extract<Origin, { kind: 'bundle' }>): void {
    const decorated = parts.find(part => known.get(part) ?? isDecorated(part))
    if (decorated === undefined) return
    throw new UsageError(
      `${file} holds several files, ${decorated} among them: a bundle. fieldcast patch serves what tsc writes, file by file. Patch before bundling, or let the bundler read the types: docs/toolchains.md.`,
    )
  }

  function isDecorated(file: string): boolean {
    try {
      return sourceOf(file) !== null
    } catch {
      return false
    }
  }
}

function outputOf(file: string, code: string, map: ReturnType<typeof mapOf>, source: string, found: Read): Output {
  const { program, comments, error } = parse(file, code)
  if (error)
    throw new UsageError(
      `${file} is no JavaScript: ${error.message.replace(/\.$/, '')}. Run tsc again, then fieldcast patch.`,
    )
  const matches = matched()
  const injected = inject(code, comments, matches)
  const output = {
    file,
    source,
    classes: found.classes.length,
    patched: matches.some(({ former }) => former !== undefined),
    raw: matches.some(({ raw }) => raw),
  }
  if (!injected) return { ...output, change: null }
  const change = { before: code, code: injected.code, map: undefined }
  if (!map) return { ...output, change }
  const text = map.after(injected.splices)
  if (map.file === undefined) return { ...output, change: { ...change, code: withInlineUrl(injected.code, text) } }
  return { ...output, change: { ...change, map: { file: map.file, before: map.text, text } } }

  function matched(): ReturnType<typeof matchClasses> {
    try {
      return matchClasses(found, program, code)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      throw new Mismatch(file, source, error)
    }
  }
}

/** What to say of a file without a source, if it is one that tsc made of decorated classes. */
function lost(file: string, code: string, looked: readonly string[]): string | undefined {
  const left = leftIn(file, code)
  if (!left) return undefined
  const where = looked.length > 0 ? ` (looked for ${looked.join(', ')})` : ''
  const sentence = `${file} still registers ${left.classes.join(', ')}, but its source is gone${where}. Delete it if it is left over; else set rootDir or sourceMap in tsconfig.json.`
  if (!left.patched) throw new UsageError(sentence)
  return sentence
}
