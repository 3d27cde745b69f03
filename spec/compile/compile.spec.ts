/**
 * What the compiler says, in every version and in both dialects of decorators. The files in cases/ hold its words: behind `@ts-expect-error`
 * stand the error's code and the type that was expected, which is where the types put the reason; behind `older:` those of the older dialect
 * where they differ. `npm run types` checks that the errors are there, this spec what they say.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { compilers, type Diagnostic, Sources } from './compilers.ts'

const topics = ['unsendable', 'sendable', 'flags', 'places', 'by-hand', 'messages']
const withDom = 'dom'
const dialects = { standard: false, older: true } as const
type Dialect = keyof typeof dialects

const read = (topic: string): string => readFileSync(new URL(`cases/${topic}.ts`, import.meta.url), 'utf8')

describe('The compiler', function () {
  this.timeout(120_000)
  const sources = new Sources()
  const runs = new Map<string, Promise<Diagnostic[]>>()
  before(() => {
    // The directive would swallow what is to be read.
    for (const topic of [...topics, withDom, 'entries'])
      sources.write(`${topic}.ts`, read(topic).replaceAll('@ts-expect-error', '@expected'))
    const plain = [...topics, 'entries'].map(topic => `${topic}.ts`)
    for (const compiler of Object.keys(compilers)) {
      for (const dialect of Object.keys(dialects) as Dialect[])
        runs.set(
          `${compiler}, ${dialect}`,
          sources.check(compiler, plain, { experimentalDecorators: dialects[dialect] }),
        )
      const lib = ['es2022', 'dom']
      runs.set(`${compiler}, ${withDom}`, sources.check(compiler, [`${withDom}.ts`], { lib, skipLibCheck: true }))
    }
  })
  after(async () => {
    await Promise.allSettled(runs.values())
    sources.remove()
  })

  for (const compiler of Object.keys(compilers)) {
    for (const dialect of Object.keys(dialects) as Dialect[])
      describe(`${compiler}, ${dialect} decorators`, () => {
        let found: Diagnostic[]
        before(async () => {
          found = await runs.get(`${compiler}, ${dialect}`)!
        })

        for (const topic of topics)
          it(`says of ${topic} exactly this, where it stands`, () => {
            expect(said(found, topic)).to.deep.equal(expectations(topic, dialect))
          })

        it('says it on the decorator', () => {
          for (const { file, line, column, code } of found) {
            const decorator = read(file.replace(/\.ts$/, '')).split('\n')[line - 1]!
            const at = code === 2345 ? decorator.indexOf('(') + 2 : decorator.indexOf('@') + 2
            expect(column, `${file}:${line}`).to.equal(at)
          }
        })

        it('has nothing against the declarations of the package, without lib.dom and without types of Node', () => {
          expect(found.filter(({ file }) => !topics.includes(file.replace(/\.ts$/, '')))).to.deep.equal([])
        })
      })

    it(`says the same of nodes of a page in ${compiler}`, async () => {
      const found = await runs.get(`${compiler}, ${withDom}`)!
      expect(said(found, withDom)).to.deep.equal(expectations(withDom, 'standard'))
      expect(found.filter(({ file }) => file !== `${withDom}.ts`)).to.deep.equal([])
    })
  }

  it('is not held up by many fields', async () => {
    const fields = 20 * 10
    sources.write('many.ts', manyFields(20))
    const output = await sources.run('TypeScript 7', ['many.ts'], {}, '--extendedDiagnostics')
    expect(output).not.to.include('error')
    const instantiations = Number(/Instantiations:\s+(\d+)/.exec(output)![1])
    expect(instantiations / fields).to.be.within(10, 300)
  })
})

/** What was said of one file: `line: code words`. */
const said = (found: readonly Diagnostic[], topic: string): string[] =>
  found.filter(({ file }) => file === `${topic}.ts`).map(({ line, code, text }) => `${line}: ${code} ${wanted(text)}`)

/** The type that was expected, and what the compiler explains further. */
function wanted(text: string): string {
  const parts = /Argument of type '.*' is not assignable to parameter of type '(.*?)'\.(?: (.*))?$/.exec(text)
  if (!parts) return text
  return parts[2] ? `${parts[1]} / ${parts[2]}` : parts[1]!
}

/** What a file expects: `line: code words`. */
function expectations(topic: string, dialect: Dialect): string[] {
  const lines = read(topic).split('\n')
  return lines.flatMap((line, index) => {
    const standard = /\/\/ @ts-expect-error (.*)$/.exec(line)?.[1]
    if (standard === undefined) return []
    const older = /\/\/ older: (.*)$/.exec(lines[index + 1]!)?.[1]
    const place = index + (older === undefined ? 2 : 3)
    return [`${place}: ${dialect === 'older' ? (older ?? standard) : standard}`]
  })
}

/** Ten fields of every kind in each class, each class with types of its own. */
function manyFields(classes: number): string {
  const of = (n: number): string => `
interface Item${n} { name: str<32>; count: int16; at: { x: number; y: number }; tags: string[] }
interface Folder${n} { name: string; entries: (Item${n} | Folder${n})[] }
@networkClass(${n})
export class Player${n} extends NetworkObject {
  @field(Flags.OwnerSend | Flags.Broadcast) move(x: int16, y: int16) {}
  @field(Flags.OwnerSend | Flags.Broadcast) say(text: str<200>) {}
  @field(Flags.OwnerSend | Flags.Broadcast) flag(on: boolean, kind: 'a' | 'b' | ${n}) {}
  @field(Flags.OwnerSend | Flags.Broadcast) give(item: Item${n}, count = 1, ...more: Item${n}[]) {}
  @field(Flags.OwnerSend | Flags.Broadcast) meet(other: Player${n}, also?: Player${n} | null) {}
  @field(Flags.OwnerSend | Flags.Broadcast) bag(all: Map<string, Item${n}>, tags: Set<string>, at: Date) {}
  @field(Flags.OwnerSend | Flags.Broadcast) raw(data: Uint8Array, rest: unknown) {}
  @field(Flags.OwnerSend | Flags.Broadcast) vectors(one: Vec, all: readonly Vec[], pair: [Vec, number?]) {}
  @field(Flags.OwnerSend | Flags.Broadcast) async ask(n: int16): Promise<{ a: int16; b: Item${n} } | null> { return null }
  @field(Flags.OwnerSend | Flags.Broadcast) tree(root: Folder${n}) {}
}`
  return `import { field, Flags, type int16, networkClass, NetworkObject, type str, struct } from 'fieldcast'
@struct() class Vec { x = 0; y = 0; add(other: Vec): Vec { return other } }
${Array.from({ length: classes }, (_, index) => of(index + 1)).join('\n')}`
}
