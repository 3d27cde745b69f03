/** Source maps hold: a stack names the place in the TypeScript source, and no token is said to come from another one. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { erase } from '../../decorators/transformer/source/erase.ts'
import { parse } from '../../decorators/transformer/source/parse.ts'
import { decode, type Mappings } from '../../decorators/transformer/source/source-map.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { Project } from './project.ts'

const register = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href
const tsx = import.meta.resolve('tsx')

/** Each `new Error('x')` is thrown by the case `x` below, each `/* x *\/` stands before a call on the way there. */
const model = `import { field, networkClass } from 'fieldcast'

interface Place { x: number; y: number }
type Names = readonly string[]
export const fail = (what: Names[number]): never => {
  throw new Error('arrow')
}

@networkClass(1, {
  clientDelete: true,
})
export class Player {
  private readonly kept: Place | undefined
  @field(
    // Over several lines.
    1 | 4,
  )
  moveTo(x: number, y: number): void { void x; void y }

  @field(0) say(text: string, ...rest: Names): void { void [text, rest] }

  @field(4)
  handle(a: number): void {
    const b: number = a as number
    throw new Error('handler')
  }

  @field(0)
  async later(n: number): Promise<number> {
    await null
    if (n === 0) throw new Error('asynchronous')
    return /* again */ await this.later(n - 1)
  }

  plain<T>(this: Player, value?: T): T | undefined {
    if (value === undefined) throw new Error('behind the decorated')
    return value
  }

  get broken(): Place { throw new Error('getter') }
  static of(): Player { throw new Error('static') }
}

@networkClass(2) export class Line { @field(0) one(a: number): void { void a } @field(0) two(b: string): void { throw new Error('one line') } }

@networkClass(3)
export class Made {
  @field(0) nothing(): void {}
  constructor(readonly place: Place | null, wrong: boolean) {
    if (wrong) throw new Error('constructor')
  }
}

@networkClass(4)
export class Initial {
  @field(0) nothing(): void {}
  readonly place: Place = (() => { throw new Error('initialiser') })()
}

export const expression = () => class { @field(0) 'stop it'(): void {} @field(0) run(): void { throw new Error('class expression') } }

export const registration = (): unknown => {
  @networkClass(/* decorator */ fail('x'))
  class Wrong { @field(0) nothing(): void {} }
  return Wrong
}
`

const main = `import { Initial, Line, Made, Player, expression, fail, registration } from './model.ts'
const cases: Record<string, () => unknown> = {
  arrow: () => fail(''),
  handler: () => new Player().handle(1),
  asynchronous: () => new Player().later(2),
  'behind the decorated': () => new Player().plain(),
  getter: () => new Player().broken,
  static: () => Player.of(),
  'one line': () => new Line().two(''),
  constructor: () => new Made(null, true),
  initialiser: () => new Initial(),
  'class expression': () => new (expression())().run(),
  registration,
}
const stacks: Record<string, string[]> = {}
for (const [name, run] of Object.entries(cases)) {
  try {
    await run()
  } catch (error) {
    stacks[name] = (error as Error).stack!.split('\\n').filter(line => line.includes('model.ts'))
  }
}
console.log(JSON.stringify(stacks))
`

/** Line and column of a text in the model, as stacks count. */
function placeOf(text: string): string {
  const at = model.indexOf(text)
  expect(at, text).to.be.greaterThan(-1)
  const before = model.slice(0, at).split('\n')
  return `${before.length}:${before.at(-1)!.length + 1}`
}

describe('Stacks', function () {
  this.timeout(60_000)
  let project: Project
  before(() => {
    project = new Project({ 'model.ts': model, 'main.ts': main })
  })
  after(() => project.remove())

  for (const [name, imports] of [
    ['alone', [register]],
    ['before tsx', [register, tsx]],
    ['after tsx', [tsx, register]],
  ] as const) {
    it(`lead to the source with fieldcast/register ${name}`, async () => {
      const { NODE_OPTIONS: _, ...env } = process.env
      const options = imports.flatMap(url => ['--import', url])
      const out = await new Promise<string>((resolve, reject) => {
        execFile(process.execPath, [...options, 'main.ts'], { cwd: project.root, env }, (error, text, err) =>
          error ? reject(new Error(err)) : resolve(text),
        )
      })
      const stacks = JSON.parse(out) as Record<string, string[]>
      const places = (name: string): string[] => stacks[name]!.map(line => /model\.ts:(\d+:\d+)/.exec(line)![1]!)
      const { registration, ...others } = stacks
      expect(Object.keys(others)).to.have.lengthOf(10)
      for (const name of Object.keys(others))
        expect(places(name)[0], stacks[name]![0]).to.equal(placeOf(`new Error('${name}')`))
      expect(stacks['handler']![0]).to.contain('Player.handle')
      expect(stacks['one line']![0]).to.contain('Line.two')
      // The frame of the async caller is where it awaited.
      expect(places('asynchronous')[1]).to.equal(placeOf('await this.later'))
      // And what a decorator is given is evaluated where it is written, though it has moved.
      expect(registration![1], registration!.join('\n')).to.contain(`model.ts:${placeOf("fail('x')")}`)
    })
  }
})

/** The identifiers and literals of a program, by their place. */
function tokensOf(file: string, code: string): Map<number, string> {
  const tokens = new Map<number, string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, start, name, value } = node as { type?: string; start: number; name?: unknown; value?: unknown }
    if ((type === 'Identifier' || type === 'PrivateIdentifier') && typeof name === 'string') tokens.set(start, name)
    if (type === 'Literal') tokens.set(start, String(value))
    for (const child of Object.values(node)) walk(child)
  }
  const { program, error } = parse(file, code)
  expect(error, code).to.equal(undefined)
  walk(program)
  return tokens
}

/** The decorators of a program, from @ to their end. */
function decoratorsOf(file: string, code: string): [start: number, end: number][] {
  const spans: [number, number][] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, start, end } = node as { type?: string; start: number; end: number }
    if (type === 'Decorator') spans.push([start, end])
    for (const child of Object.values(node)) walk(child)
  }
  walk(parse(file, code).program)
  return spans
}

const offsetsOf = (text: string): number[] => {
  const offsets = [0]
  for (const { index } of text.matchAll(/\n/g)) offsets.push(index + 1)
  return offsets
}

/**
 * Holds a map to its word: where an identifier or literal of `code` is said to come from, there stands the same one. What the transform has put in
 * comes from nowhere, or from a decorator. And of the rest nothing goes without saying.
 */
function holds(file: string, source: string, code: string, map: Mappings): number {
  const [there, here] = [tokensOf(file, source), tokensOf(file, code)]
  const [lines, columns] = [offsetsOf(source), offsetsOf(code)]
  const decorators = decoratorsOf(file, source)
  const isPutIn = (at: number): boolean => {
    const block = code.lastIndexOf(')(this, ', at)
    return block >= 0 && !code.slice(block, at).includes(');')
  }
  const said = new Set<number>()
  for (const [line, segments] of decode(map.mappings).entries()) {
    for (const [column, sourceLine, sourceColumn] of segments) {
      const at = columns[line]! + column
      const token = here.get(at)
      if (token === undefined) continue
      said.add(at)
      const from = lines[sourceLine]! + sourceColumn
      if (isPutIn(at))
        expect(
          decorators.some(([start, end]) => from >= start && from <= end),
          `${token} from ${sourceLine + 1}:${sourceColumn + 1}`,
        ).to.equal(true)
      else expect(there.get(from), `${file}: ${token} from ${sourceLine + 1}:${sourceColumn + 1}`).to.equal(token)
    }
  }
  const unsaid = [...here].filter(([at]) => !said.has(at) && !isPutIn(at)).map(([, token]) => token)
  expect(unsaid, file).to.deep.equal([])
  return said.size
}

describe('Source maps', () => {
  let project: Project
  let files: string[]
  before(() => {
    project = Project.everything()
    project.write('stacks.ts', model)
    const own = readdirSync(new URL('../behaviour', import.meta.url)).filter(name => name.endsWith('.spec.ts'))
    files = [
      ...['stacks.ts', 'model.ts', 'shapes.ts', 'decorators.ts', 'index.ts', 'main.ts'].map(name => project.path(name)),
      ...own.map(name => join(import.meta.dirname, '../behaviour', name)),
    ]
  })
  after(() => project.remove())

  it('say of each token where it comes from, truly, as the transform writes them', () => {
    let transformed = 0
    for (const file of files) {
      const source = readFileSync(file, 'utf8')
      const { code, map } = transform(source, file) ?? {}
      if (code === undefined) continue
      transformed++
      expect(map!.sources).to.deep.equal([file])
      expect(holds(file, source, code, map as Mappings)).to.be.greaterThan(10)
    }
    expect(transformed).to.be.greaterThan(20)
  })

  it('say it as truly when the types are gone too', () => {
    for (const file of files) {
      const source = readFileSync(file, 'utf8')
      const transformed = transform(source, file)
      const { code, map } = transformed
        ? erase(transformed.code, file, transformed.map as Mappings)
        : erase(source, file)
      // Of parameter properties and enums the compiler makes code that stands nowhere.
      if (/\b(constructor\(readonly|enum )/.test(source)) continue
      expect(map.sources).to.deep.equal([file])
      holds(file, source, code, map)
    }
  })
})
