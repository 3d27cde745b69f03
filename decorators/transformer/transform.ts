/** From source text to schemas, and to source text in which this package's decorators are plain registration calls that carry them. The only door to magic-string. */
import MagicString, { type SourceMap } from 'magic-string'
import {
  type DecoratedClass,
  type DecoratedMember,
  type Decoration,
  decoratedClasses,
  type Handler,
  handlersIn,
} from './classes/decorations.ts'
import { type Registration, registrationsOf } from './classes/registration.ts'
import { UnresolvedType } from './errors.ts'
import { Modules } from './source/modules.ts'
import type { Class } from './source/parse.ts'
import type { Module } from './source/scope.ts'

export interface Transformed {
  readonly code: string
  readonly map: SourceMap
  /** Absolute paths of the other files that the schema was read from. */
  readonly dependencies: readonly string[]
}

/** Cheap, and without false negatives. */
function isCandidate(source: string): boolean {
  return /@(?:[\s(]|\/\*[\s\S]*?\*\/|\/\/.*)*[\p{ID_Start}$_\\]/u.test(source) && /\bclass\b/.test(source)
}

/** A decorated class with what its decorators are to be given. */
export interface ReadClass extends DecoratedClass {
  readonly registrations: readonly Registration[]
}

export interface Read {
  readonly module: Module
  /** Inner classes before those that contain them. */
  readonly classes: readonly ReadClass[]
  /** Absolute paths of the other files that the schemas were read from. */
  readonly dependencies: readonly string[]
}

/**
 * Reads the schemas of one file. Null where it has no decorators of this package, and where it does not parse:
 * whoever compiles it then says so.
 *
 * @param file absolute path of the source, real or not.
 * @param modules keep one for all files: it remembers what it parsed.
 * @throws UnresolvedType where a type cannot be decided or a decorator cannot serve.
 */
export function read(source: string, file: string, modules: Modules): Read | null {
  if (!isCandidate(source)) return null
  modules.begin()
  const module = modules.open(file, source)
  if (!module || module.parsed.error) return null
  const dependencies = (): string[] => modules.opened.filter(opened => opened !== file)
  try {
    const classes = decoratedClasses(modules, module).map(decorated => ({
      ...decorated,
      registrations: registrationsOf(modules, module, decorated),
    }))
    return classes.length === 0 ? null : { module, classes, dependencies: dependencies() }
  } catch (error) {
    if (error instanceof UnresolvedType) error.dependencies = dependencies()
    throw error
  }
}

/** Replaces the decorators of one file. Null, and throws, like {@link read}; `@on(action)`, which carries no types, is replaced as well. */
export function transform(source: string, file: string, modules: Modules = new Modules()): Transformed | null {
  const found = read(source, file, modules)
  const module = found?.module ?? (isCandidate(source) ? modules.open(file, source) : undefined)
  if (!module || module.parsed.error) return null
  const places = new Map<Class, Place>()
  for (const { node, members, registrations } of found?.classes ?? [])
    places.set(node, { members, calls: registrations })
  for (const { node, handlers } of handlersIn(modules, module)) {
    const { members = [], calls = [] } = places.get(node) ?? {}
    const more = handlers.map(({ decoration, key }) => ({ decoration, key, schema: null }))
    places.set(node, { members: [...members, ...handlers], calls: [...calls, ...more] })
  }
  if (places.size === 0) return null
  const text = new MagicString(source, { filename: file })
  for (const [node, place] of [...places].sort(([a], [b]) => a.end - b.end)) rewrite(text, source, node, place)
  const map = text.generateMap({ source: file, includeContent: true, hires: 'boundary' })
  const dependencies = found?.dependencies ?? modules.opened.filter(opened => opened !== file)
  return { code: text.toString(), map, dependencies }
}

/** What is to be rewritten of one class. */
interface Place {
  readonly members: readonly Pick<DecoratedMember | Handler, 'member' | 'decoration'>[]
  readonly calls: readonly {
    readonly decoration: Pick<Decoration, 'decorator' | 'call'>
    readonly key?: string
    readonly schema: object | null
  }[]
}

function rewrite(text: MagicString, source: string, node: Class, { members, calls }: Place): void {
  const last = node.body.body.at(-1)
  const end = node.body.end - 1
  const open = last && last.type !== 'MethodDefinition' && last.type !== 'StaticBlock'
  text.appendLeft(end, `${open ? ';' : ''}static {`)
  const starters = new Set(members.map(({ member }) => member.decorators[0]))
  for (const { decoration, key, schema } of calls) {
    const { decorator, call } = decoration
    const member = members.find(item => item.decoration.decorator === decorator)?.member
    removeAround(
      text,
      source,
      decoration,
      member && starters.has(decorator) && followsOpenProperty(source, node, member) ? ';' : '',
    )
    text.move(call!.start, call!.end, end)
    const given = key === undefined ? '' : `${JSON.stringify(key)}, `
    // Hosts that check types see this as TypeScript, and a decorator's type has no such call.
    text.appendLeft(call!.end, ` as any)(this, ${given}${JSON.stringify(schema)}); `)
    text.appendRight(call!.start, ' (')
  }
  text.appendRight(end, '} ')
}

/** A property without a semicolon ends where the decorator begins, and must not go on in what follows: `get` before `say() {}`, `x = 0` before `in() {}`. */
function followsOpenProperty(source: string, { body }: Class, member: DecoratedMember['member']): boolean {
  const previous = body.body[body.body.indexOf(member) - 1]
  if (!previous || previous.type === 'MethodDefinition' || previous.type === 'StaticBlock') return false
  return source[previous.end - 1] !== ';'
}

/** Takes out the decorator but for its expression, and what separated it from the next token on its line. */
function removeAround(
  text: MagicString,
  source: string,
  { decorator, call }: Pick<Decoration, 'decorator' | 'call'>,
  instead: string,
): void {
  const after = /^[ \t]*/.exec(source.slice(decorator.end))![0].length
  if (instead) text.update(decorator.start, call!.start, instead)
  else text.remove(decorator.start, call!.start)
  if (decorator.end + after > call!.end) text.remove(call!.end, decorator.end + after)
}
