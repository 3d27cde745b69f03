/** Leads from each decorator of a source to the call that tsc made of it. What does not correspond in every respect is refused. */
import { UsageError } from '../../../lib/base/errors.ts'
import type { Decoration } from '../classes/decorations.ts'
import type { Registration } from '../classes/registration.ts'
import type {
  CallExpression,
  Class,
  Expression,
  MethodDefinition,
  Node,
  ParamPattern,
  Program,
} from '../source/parse.ts'
import type { Module } from '../source/scope.ts'
import type { Read, ReadClass } from '../transform.ts'
import { classLabel, type EmittedClass, emittedClasses, type Site } from './decorated.ts'
import { otherCompiler } from './other-compilers.ts'
import { identifierName, lastName, propertyOf, textOf, walk } from './syntax.ts'

/** A decorator call in emitted JavaScript, with what belongs into it. */
export interface Match {
  readonly call: CallExpression
  readonly registration: Registration
  /** The schema that an earlier patch left in it. */
  readonly former: Node | undefined
  /** How many arguments the source gives it. */
  readonly written: number
  /** Whether tsc has left it as a decorator, which no engine runs. */
  readonly raw: boolean
}

/** @throws UsageError where output and source do not correspond; the message is about one class and names no file. */
export function matchClasses({ classes, module }: Read, program: Program, code: string): Match[] {
  const names = new Set(classes.flatMap(item => item.registrations.flatMap(each => namesOf(module, each.decoration))))
  const emitted = emittedClasses(program).filter(({ sites }) => sites.some(site => bears(site, names)))
  if (emitted.length === 0) throw undecorated(classes, code)
  const labels = new Set(classes.map(labelOf))
  return [...labels].flatMap(label => {
    const sources = classes.filter(item => labelOf(item) === label)
    const candidates = emitted.filter(({ name }) => name === label)
    if (candidates.length !== sources.length) throw miscounted(sources, candidates.length)
    return sources.flatMap((source, index) => {
      requireDecorated(source, candidates[index]!, names)
      return matchClass(module, source, candidates[index]!, program)
    })
  })
}

function labelOf({ node }: ReadClass): string {
  return classLabel(node.id?.name)
}

/** Classes of one name stand in the same order on both sides. */
function matchClass(module: Module, source: ReadClass, { sites }: EmittedClass, program: Program): Match[] {
  return source.registrations.map(registration => {
    const { decoration, key } = registration
    const subject = `${source.name ?? 'the class without a name'}${key === undefined ? '' : `.${key}`}`
    const found = sites.filter(site => site.key === key)
    const site = found[0]
    if (!site || found.length > 1)
      throw refusal(`${subject} is decorated ${times(found.length)} in the output, and once in the source`)
    const decorators = decoratorsAround(source, decoration)
    if (site.decorators.length !== decorators.length)
      throw refusal(
        `${subject} has ${site.decorators.length} decorators in the output, and ${decorators.length} in the source`,
      )
    const call = site.decorators[decorators.indexOf(decoration.decorator)]!
    if (call.type !== 'CallExpression' || !namesOf(module, decoration).includes(lastName(call.callee) ?? ''))
      throw refusal(`${subject} has another decorator in the output where the source has @${decoration.name}`)
    const member = source.members.find(item => item.decoration === decoration)?.member
    if (member?.type === 'MethodDefinition' && key !== undefined) requireParameters(program, member, key, subject)
    return { call, registration, raw: site.raw ?? false, ...argumentsOf(call, decoration, subject) }
  })
}

/** @throws UsageError for a member that is decorated in the output alone. */
function requireDecorated({ name, node }: ReadClass, { sites }: EmittedClass, names: ReadonlySet<string>): void {
  const decorated = node.body.body.flatMap(member =>
    'decorators' in member && member.decorators.length > 0 && 'key' in member ? [member.key] : [],
  )
  const keys = new Set(decorated.map(key => identifierName(key) ?? textOf(key)))
  const stray = sites.find(site => site.key !== undefined && bears(site, names) && !keys.has(site.key))
  if (stray)
    throw refusal(
      `${name ?? 'the class without a name'}.${stray.key} is decorated in the output, and not in the source`,
    )
}

/** All decorators of the same member or class, those of other packages too. */
function decoratorsAround({ node, members }: ReadClass, decoration: Decoration): Class['decorators'] {
  return members.find(item => item.decoration === decoration)?.member.decorators.slice() ?? node.decorators
}

/** The name of a decorator in the source, and where CommonJS calls it by the name under which it is exported, that. */
function namesOf(module: Module, { decorator, call }: Decoration): string[] {
  const callee = (call ? call.callee : decorator.expression) as Expression
  const name = lastName(callee)
  const origin = callee.type === 'Identifier' ? module.imports.get(callee.name)?.name : undefined
  return [name, origin].filter(item => item !== undefined)
}

function bears({ decorators }: Site, names: ReadonlySet<string>): boolean {
  return decorators.some(item => item.type === 'CallExpression' && names.has(lastName(item.callee) ?? ''))
}

/** What the source wrote into the call, and what an earlier patch added. */
function argumentsOf(
  call: CallExpression,
  { name, call: source }: Decoration,
  subject: string,
): Pick<Match, 'former' | 'written'> {
  const args = source!.arguments
  const written = args.length
  const last = name === 'field' ? written : 2
  if (name !== 'field' && (written > last || args.some(({ type }) => type === 'SpreadElement')))
    throw refusal(
      `@${name} on ${subject} has arguments where the schema is to stand`,
      `Give @${name} at most two arguments, one by one.`,
    )
  const former = call.arguments.length === last + 1 ? call.arguments[last] : undefined
  const isSchema = propertyOf(former, name === 'field' ? 'params' : 'name') !== undefined
  const isAsWritten = args.every((item, index) => mayBe(item, call.arguments[index]))
  if (!isAsWritten || (call.arguments.length !== written && !isSchema))
    throw refusal(`@${name} on ${subject} has other arguments in the output than in the source`)
  return { former: isSchema && call.arguments.length > written ? former : undefined, written }
}

/** False for a literal that is another one, and for other flags; the rest tsc may have rewritten. */
function mayBe(source: Node, emitted: Node | undefined): boolean {
  if (source.type === 'Literal' && typeof source.value !== 'object')
    return emitted?.type === 'Literal' && source.value === emitted.value
  const [before, after] = [flagsIn(source), emitted ? flagsIn(emitted) : '']
  return before === '' || after === '' || before === after
}

/** The flags that an expression names, `Flags.RAM` as RAM, in order. */
function flagsIn(expression: Node): string {
  const names: string[] = []
  walk(expression, node => {
    if (node.type === 'MemberExpression' && lastName(node.object) === 'Flags') names.push(lastName(node) ?? '')
  })
  return names.join(' ')
}

/** @throws UsageError where the method's parameters bear other names: the output is older than the source. */
function requireParameters(program: Program, { value }: MethodDefinition, key: string, subject: string): void {
  const methods: MethodDefinition[] = []
  walk(program, node => {
    if (node.type === 'MethodDefinition' && !node.static && (identifierName(node.key) ?? textOf(node.key)) === key)
      methods.push(node)
  })
  // What is lowered may have names of tsc's own, and of two methods nobody knows which is which.
  if (value.async || methods.length !== 1) return
  const [before, after] = [parametersOf(value.params), parametersOf(methods[0]!.value.params)]
  if (before.length !== after.length || before.some((name, index) => name && after[index] && name !== after[index]))
    throw refusal(`${subject} has other parameters in the output than in the source`)
}

/** Their names, empty for patterns. */
function parametersOf(parameters: readonly ParamPattern[]): string[] {
  return parameters
    .map(parameter => {
      if (parameter.type === 'AssignmentPattern') return identifierName(parameter.left) ?? ''
      return identifierName(parameter.type === 'RestElement' ? parameter.argument : (parameter as Node)) ?? ''
    })
    .filter((name, index) => index > 0 || name !== 'this')
}

function undecorated(classes: readonly ReadClass[], code: string): UsageError {
  const what = 'the output has none of its decorators'
  const name = otherCompiler(code)
  if (name)
    return refusal(
      `${what}, for ${name} wrote it`,
      `fieldcast patch serves what tsc writes; with ${name} let a plugin read the types before it: docs/toolchains.md.`,
    )
  if (classes.every(isExpression)) return miscounted(classes.slice(0, 1), 0)
  return refusal(
    what,
    'fieldcast patch serves what tsc writes, before anything minifies or bundles it: run tsc, then fieldcast patch.',
  )
}

function miscounted(sources: readonly ReadClass[], count: number): UsageError {
  const [first] = sources as [ReadClass]
  const label = first.name ?? 'the class without a name'
  if (count === 0 && isExpression(first))
    return refusal(
      `${label} is a class expression, and the output has no decorators for it`,
      'Under experimentalDecorators TypeScript drops the decorators of class expressions: declare the class by a statement.',
    )
  if (sources.length === 1)
    return refusal(`the decorated class ${label} is ${times(count)} in the output, and once in the source`)
  return refusal(
    `the source has ${sources.length} decorated classes called ${label}, and the output ${count}`,
    `${again} If it is, give each class a name of its own.`,
  )
}

function isExpression({ node }: ReadClass): boolean {
  return node.type === 'ClassExpression'
}

const again = 'It is not what tsc makes of this source as it is now: run tsc, then fieldcast patch.'

function times(count: number): string {
  return count === 0 ? 'nowhere' : count === 1 ? 'once' : `${count} times`
}

function refusal(what: string, hint: string = again): UsageError {
  return new UsageError(`${what}. ${hint}`)
}
