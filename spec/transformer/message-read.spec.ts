/** What the transformer makes of `@message`: the fields of a class as the decorator is given them, and what is refused with its place. */
import { expect } from 'chai'
import { UnresolvedType } from '../../decorators/transformer/errors.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { Project, registrations } from './project.ts'

const file = '/game/model.ts'
const header =
  "import { message, struct, NetworkObject, networkClass, type int16, type int32, type str } from 'fieldcast'\n"

const registered = (source: string) => registrations(transform(header + source, file, new Modules()))

/** The text that replaces the decorators, or undefined where there are none. */
const code = (source: string): string | undefined => transform(source, file, new Modules())?.code

function refusal(source: string, at = file): UnresolvedType {
  try {
    transform(header + source, at, new Modules())
  } catch (error) {
    expect(error).to.be.instanceOf(UnresolvedType)
    return error as UnresolvedType
  }
  throw new Error(`This was not refused:\n${source}`)
}

describe('@message in TypeScript', () => {
  it('is given the name of its class and the types of its properties, inherited ones too', async () => {
    const found = await registered(`
      class Signed { from: str<32> = ''; static made = 0 }
      @message(64, { side: 'server' })
      export class Say extends Signed {
        static reply = 1
        text: str<200> = ''
        note?: string
        constructor(readonly loud: boolean = false) { super() }
        shout(): string { return this.text }
        get length(): number { return this.text.length }
      }
      @message() class Ping {}`)
    expect(found).to.deep.equal([
      [
        'message',
        [64, { side: 'server' }],
        'Say',
        {
          name: 'Say',
          keys: { from: ['str', 32], loud: 'bool', note: ['opt', 'str'], text: ['str', 200] },
        },
      ],
      ['message', [], 'Ping', { name: 'Ping', keys: {} }],
    ])
  })

  it('registers behind the static properties, where its reply stands', () => {
    const text = code("import { message } from 'fieldcast'\n@message() class A { static reply = x\n a = 1 }")!
    expect(text.indexOf('static reply')).to.be.below(text.indexOf('message()'))
  })

  it('carries recursive types, and structs as instances', async () => {
    const [, found] = await registered(`
      @struct() class Vec { x: int16 = 0 }
      interface Tree { at: Vec; inner: Tree[] }
      @message() class Grow { tree: Tree | null = null }`)
    expect(found![3]).to.deep.equal({
      name: 'Grow',
      keys: { tree: ['union', [['type', '0'], 'null']] },
      types: { 0: ['struct', { at: ['instance', 'Vec', { x: 'int16' }], inner: ['list', ['type', '0']] }] },
    })
  })

  it('stands beside @struct, so that one class is both', async () => {
    const found = await registered('@message(70) @struct("Node") class Node { next?: Node }')
    expect(found.map(([decorator]) => decorator)).to.deep.equal(['message', 'struct'])
    for (const each of found) expect((each[3] as { keys: object }).keys).to.have.keys('next')
  })

  it('leaves types by hand to the run', async () => {
    expect(
      code(
        "import { message, wire } from 'fieldcast'\n@message(64, { type: wire.object({}) }) class A { x = compute() }",
      ),
    ).to.contain('(this, {"name":"A","keys":{}})')
  })

  it('is found by where its name comes from', () => {
    const bears = (imports: string, decorator: string): boolean =>
      code(`${imports}\n${decorator} class A { a = 1 }`) !== undefined
    expect(bears("import { message } from 'fieldcast'", '@message()')).to.equal(true)
    expect(bears("import { message } from 'fieldcast/messages'", '@message(64)')).to.equal(true)
    expect(bears("import { message as m } from 'fieldcast/messages'", '@m(64)')).to.equal(true)
    expect(bears("import * as talk from 'fieldcast/messages'", '@talk.message(64)')).to.equal(true)
    expect(bears("import { message } from 'another'", '@message(64)')).to.equal(false)
    expect(bears('declare const message: any', '@message(64)')).to.equal(false)
  })
})

/** [source, line and column behind the header, what the message says, what the hint says] */
const refused: readonly [string, string, RegExp, RegExp][] = [
  ['@message() class A { then: () => void }', '2:28', /A: a function cannot be sent/, /data/],
  ['@message() class A { a = compute() }', '2:22', /type of A.a is not written/, /a: int16/],
  ['@message() class A { #a = 1 }', '2:22', /message A has a property #a/, /plain/],
  ['@message() class A { accessor a = 1 }', '2:22', /message A has an accessor/, /plain/],
  ['class B { b = 1 }\n@message() class A { b: B }', '3:25', /class B cannot be sent/, /@struct\(\)/],
  ['@message() class A extends nowhere() {}', '2:28', /what A extends cannot be found/, /Extend/],
  ['@message() class A extends NetworkObject {}', '2:18', /network class and cannot be a message/, /uint32/],
  ['@message(63) class A {}', '2:10', /A: 63 is no id of a message/, /64 to 65535.*library/],
  ['const id = 65536\n@message(id) class A {}', '3:10', /65536 is no id/, /64 to 65535/],
  ["@message('say') class A {}", '2:10', /"say" is no id/, /leave it out/],
  ['@message class A {}', '2:1', /@message needs parentheses/, /@message\(\)/],
  ['class A { @message(64) say(): void {} }', '2:11', /@message stands on a member/, /Put it on the class/],
  ['class A { @message(64) text = "" }', '2:11', /@message stands on a member/, /Put it on the class/],
  ['export default @message() class {}', '2:16', /no name/, /Name it/],
]

/** Properties that lead to a network object, each at its own place. */
const objects: readonly [string, string][] = [
  ['of: NetworkObject | null = null', '2:26'],
  ['of: Player', '2:26'],
  ['of: Player[]', '2:26'],
  ['a = 1; of: Map<string, { one?: Player }>', '2:33'],
  ['of: Vec', '2:26'],
  ['of: Tree', '2:26'],
]

describe('@message refuses, with the place in the source:', () => {
  for (const [source, place, what, hint] of refused)
    it(source, () => {
      const error = refusal(source)
      expect(error.message).to.match(what)
      expect(error.hint).to.match(hint)
      expect(`${error.line}:${error.column}`).to.equal(place)
    })

  for (const [property, place] of objects)
    it(`a network object in ${property}`, () => {
      const error = refusal(`@message() class A { ${property} }
        @networkClass(10) class Player extends NetworkObject {}
        @struct() class Vec { of?: Player }
        interface Tree { inner: Tree[]; of: Player }`)
      expect(error.message).to.contain('A: of is or holds a network object, and a message carries none.')
      expect(error.hint).to.equal('Send its id, a uint32, and look it up in client.objects there.')
      expect(`${error.line}:${error.column}`).to.equal(place)
    })

  it('in the file where the culprit stands, and names the files that were read', () => {
    const project = new Project({ 'types.ts': 'export interface A {\n  b: symbol\n}\n' })
    try {
      const error = refusal(
        "import type { A } from './types.js'\n@message() class M { a: A }",
        project.path('model.ts'),
      )
      expect([error.file, error.line]).to.deep.equal([project.path('types.ts'), 2])
      expect(error.dependencies).to.deep.equal([project.path('types.ts')])
    } finally {
      project.remove()
    }
  })
})
