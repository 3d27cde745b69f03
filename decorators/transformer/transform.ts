/** From source text to source text: decorators of this package become plain registration calls that carry the schema. The only door to magic-string. */
import MagicString, { type SourceMap } from 'magic-string'
import { type DecoratedClass, type DecoratedMember, type Decoration, decoratedClasses } from './classes/decorations.ts'
import { registrationsOf } from './classes/registration.ts'
import { UnresolvedType } from './errors.ts'
import { Modules } from './source/modules.ts'
import type { Module } from './source/scope.ts'

export interface Transformed {
  readonly code: string
  readonly map: SourceMap
  /** Absolute paths of the other files that the schema was read from. */
  readonly dependencies: readonly string[]
}

/** Cheap, and without false negatives. */
function isCandidate(source: string): boolean {
  return /@[\s(]*[\p{ID_Start}$_\\]/u.test(source) && /\bclass\b/.test(source)
}

/**
 * Replaces the decorators of one file. Null where it has none of this package's, and where it does not parse:
 * whoever compiles it then says so.
 *
 * @param file absolute path of the source, real or not.
 * @param modules keep one for all files: it remembers what it parsed.
 * @throws UnresolvedType where a type cannot be decided or a decorator cannot serve.
 */
export function transform(source: string, file: string, modules: Modules = new Modules()): Transformed | null {
  if (!isCandidate(source)) return null
  modules.begin()
  const module = modules.open(file, source)
  if (!module || module.parsed.error) return null
  const dependencies = (): string[] => modules.opened.filter(opened => opened !== file)
  try {
    const classes = decoratedClasses(modules, module)
    if (classes.length === 0) return null
    const text = new MagicString(source, { filename: file })
    for (const decorated of classes) rewrite(text, modules, module, decorated)
    const map = text.generateMap({ source: file, includeContent: true, hires: 'boundary' })
    return { code: text.toString(), map, dependencies: dependencies() }
  } catch (error) {
    if (error instanceof UnresolvedType) error.dependencies = dependencies()
    throw error
  }
}

function rewrite(text: MagicString, modules: Modules, module: Module, decorated: DecoratedClass): void {
  const { node } = decorated
  const registrations = registrationsOf(modules, module, decorated)
  const last = node.body.body.at(-1)
  const end = node.body.end - 1
  const open = last && last.type !== 'MethodDefinition' && last.type !== 'StaticBlock'
  text.appendLeft(end, `${open ? ';' : ''}static {`)
  const starters = new Set(decorated.members.map(({ member }) => member.decorators[0]))
  for (const { decoration, code } of registrations) {
    const { decorator, call } = decoration
    const member = decorated.members.find(item => item.decoration === decoration)?.member
    removeAround(
      text,
      module.source,
      decoration,
      member && starters.has(decorator) && startsAmbiguously(module.source, member, decorator) ? ';' : '',
    )
    text.move(call!.start, call!.end, end)
    text.appendLeft(call!.end, `${code}; `)
    text.appendRight(call!.start, ' ')
  }
  text.appendRight(end, '} ')
}

/** `x = 0` above `@field(...) [name]() {}` must not become `x = 0[name]`. */
function startsAmbiguously(
  source: string,
  member: DecoratedMember['member'],
  decorator: { readonly end: number },
): boolean {
  return /^[\s]*[[*]/.test(source.slice(decorator.end, member.end))
}

/** Takes out the decorator but for its expression, and what separated it from the next token on its line. */
function removeAround(text: MagicString, source: string, { decorator, call }: Decoration, instead: string): void {
  const after = /^[ \t]*/.exec(source.slice(decorator.end))![0].length
  if (instead) text.update(decorator.start, call!.start, instead)
  else text.remove(decorator.start, call!.start)
  if (decorator.end + after > call!.end) text.remove(call!.end, decorator.end + after)
}
