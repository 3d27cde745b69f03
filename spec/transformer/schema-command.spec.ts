/** `fieldcast schema`: what it reads without running anything is what a run has. */
import { readFileSync, symlinkSync } from 'node:fs'
import { expect } from 'chai'
import { examplesIn } from '../docs/fences.ts'
import { Project } from './project.ts'
import { game, hashAtRunTime, header, root, schemaCommand, useFieldcast } from './schema-game.ts'

interface Json {
  hash: string
  classes: { id: number; name: string; file: string; line: number; doc?: string; options: object; fields: any[] }[]
  outline: unknown[]
}

async function read(project: Project, ...args: readonly string[]): Promise<Json> {
  const { code, out, err } = await schemaCommand(project.root, '--json', ...args)
  expect(code, err).to.equal(0)
  return JSON.parse(out)
}

const fieldsOf = ({ classes }: Json, name: string): Record<string, any> =>
  Object.fromEntries(classes.find(type => type.name === name)!.fields.map(field => [field.name, field]))

describe('fieldcast schema', function () {
  this.timeout(60_000)
  const projects: Project[] = []
  const make = (files: Readonly<Record<string, string>>): Project => {
    const project = game(files)
    projects.push(project)
    return project
  }

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove()
  })

  for (const [sample, classes] of Object.entries({
    arena: ['Avatar', 'Gem', 'Board'],
    bare: ['Player'],
    chat: ['Person', 'Room'],
    number: ['SharedNumber'],
  }))
    it(`has the hash that the sample ${sample} has when it runs`, async () => {
      const project = make({})
      const model = `${root}samples/${sample}/model.ts`
      const { hash } = await read(project, model)
      expect(hash).to.equal(await hashAtRunTime(project, model, ...classes))
    })

  it('has the hash of a run for the model of the README', async () => {
    const model = examplesIn(`${root}README.md`)[0]!.files.get('model.ts')!
    const project = make({ 'model.ts': model })
    expect((await read(project)).hash).to.equal(await hashAtRunTime(project, './model.ts', 'Player'))
  })

  it('has the hash of a run for everything a person may write', async () => {
    const project = Project.everything()
    projects.push(project)
    useFieldcast(project)
    // The stub's NetworkObject has no member of that name.
    project.write('model.ts', readFileSync(project.path('model.ts'), 'utf8').replace('clear()', 'empty()'))
    const schema = await read(project, 'model.ts')
    expect(schema.hash).to.equal(await hashAtRunTime(project, './model.ts', 'Player', 'Monster', 'Den'))
    const fields = fieldsOf(schema, 'Player')
    const signature = (name: string): string => fields[name].signature
    expect(signature('tuples')).to.equal(
      'tuples(a: [int16, str?], b: [int16, str<32>?], c: [bool, ...int16[]], d: [int16, int16], e: [])',
    )
    expect(signature('parameters')).to.equal(
      'parameters(a: int16, b?: float64, c?: str, d?: bool, e?: int8, f?: str<32>, ...rest: { x: int16, y: int16 }[])',
    )
    expect(signature('lists')).to.equal(
      'lists(a: float64[], b: str[], c: bool[], d: Date[], e: Set<int16>, f: Map<str, int16[]>)',
    )
    expect(signature('references')).to.equal(
      'references(a: Player, b: Monster, c: T0, d: Den[], e: NetworkObject) where T0 = Vec { kind: "vec", label: str, parent?: T0, x: float32, y: float32 }',
    )
    expect(signature('byHand')).to.equal('byHand(a: int16, b: str<64>)')
    expect(signature('buy')).to.equal('buy(item: str<32>): Promise<{ price: uint16 } | null>')
    expect(signature('sell')).to.equal('sell(): Promise<void>')
    expect(fields['others']).to.include({ id: 7, pinned: true, file: 'model.ts' })
    expect(fieldsOf(schema, 'Den')['put'].signature).to.equal(
      'put(item: { count: uint8, name: str<32>, note?: str, tags: str[] }[], keys: Set<str>)',
    )
  })

  it('has the hash of a run whatever the constants, bases, overrides, pins and types by hand', async () => {
    const project = make({
      'flags.ts': `import { Flags } from 'fieldcast'
        export const HEARD = Flags.OwnerSend | Flags.Broadcast
        export const Kept = { all: HEARD | Flags.RAM, own: Flags.OwnerOnly + Flags.RAM } as const
        export enum Id { Entity = 40, Player, Den = Player << 1 }
        export const enum Pin { Say = 7 }
        export class Limits { static readonly name = 8 * 4 }
        const frozen = Object.freeze({ id: Pin.Say + 1 })
        export default frozen
        export * as again from './flags.ts'`,
      'model.ts': `import * as fc from 'fieldcast'
        import { int16, list, NetworkObject, str, wire } from 'fieldcast'
        import pinned, { again, HEARD as SENT, Id, Kept, Limits, Pin } from './flags.ts'
        const F = fc.Flags
        const registry = new fc.Registry()
        const options = { registry, clientCreate: true } as const
        const point = wire.object({ x: int16, 'y z': fc.float32 })
        const names = [str(Limits.name), wire.oneOf('a', -1, null)] as const

        abstract class Named<T> extends NetworkObject {
          @fc.field(SENT) zebra(name: T) {}
          @fc.field(0) ant() {}
        }
        @fc.networkClass(Id.Entity, options)
        export abstract class Entity extends Named<fc.str<5>> {
          @fc.field(Kept.all, { id: Pin.Say }) say(text: string) {}
        }
        @fc.networkClass(Id['Player'], { ...options, onOwnerGone: 'delete' })
        export class Player extends Entity {
          @fc.field(Kept['own'], { default: [Math.random()] }) override say(text: string, ...more: fc.int16[]) {}
          @fc.field(F.Broadcast, pinned, point, wire.optional(list(point, 3)), wire.map(str(), wire.set(fc.uint8, 4)))
          hand(p: any, q?: any, m?: any) {}
          @fc.field(F.ClientSend, ...names, wire.rest(wire.tuple(int16, wire.union(point, wire.nothing))), wire.returns(wire.reference<Den>('Den')))
          async both(a: string, b: any, ...c: any[]): Promise<any> {}
          @fc.field(again.HEARD, wire.quantized(-1, 1, 12), wire.numbers(Float32Array, 100), wire.date, wire.anything, wire.bytes(2 ** 4))
          rare(a: number, b: Float32Array, c: Date, d: unknown, e: Uint8Array) {}
          @fc.field(SENT, wire.none) none() {}
        }
        @fc.networkClass(+Id.Den, { registry })
        export class Den extends NetworkObject {
          @fc.field(F.Broadcast) hold(who: Entity | null, near: Player[]) {}
        }`,
    })
    const schema = await read(project)
    expect(schema.hash).to.equal(await hashAtRunTime(project, './model.ts', 'Player', 'Den'))
    expect(schema.classes.map(({ id, name }) => [id, name])).to.deep.equal([
      [41, 'Player'],
      [82, 'Den'],
    ])
    expect(schema.classes[0]!.options).to.deep.equal({ clientCreate: true, onOwnerGone: 'delete' })
    const fields = fieldsOf(schema, 'Player')
    expect(Object.values(fields).map(({ id, name }) => [id, name])).to.deep.equal([
      [0, 'ant'],
      [1, 'zebra'],
      [2, 'both'],
      [3, 'none'],
      [4, 'rare'],
      [7, 'say'],
      [8, 'hand'],
    ])
    expect(fields['say'].flags).to.deep.equal(['OwnerOnly', 'RAM'])
    expect(fields['both'].signature).to.equal(
      'both(a: str<32>, b: null | -1 | "a", ...c: [int16, { x: int16, "y z": float32 } | null][]): Promise<Den>',
    )
    expect(fields['rare'].signature).to.equal(
      'rare(a: quantized<-1, 1, 12>, b: numbers<float32, 100>, c: Date, d: unknown, e: bytes<16>)',
    )
  })

  it('takes the list form of flags for their sum', async () => {
    const say = (flags: string): string =>
      `${header}@networkClass(1) export class A extends NetworkObject { @field(${flags}) say() {} }`
    const hashes = ['Flags.OwnerSend | Flags.Broadcast', '[Flags.OwnerSend, Flags.Broadcast] as any'].map(
      async flags => (await read(make({ 'model.ts': say(flags) }))).hash,
    )
    expect(await hashes[1]).to.equal(await hashes[0])
  })

  it('runs nothing of the program, and needs nothing of what it imports but types', async () => {
    const project = make({
      'model.ts': `import 'three'
        import './style.css'
        import { scene } from './not-written-yet.js'
        ${header}
        throw new Error('ran')
        scene.add(document.body)
        @networkClass(1) export class A extends NetworkObject { @field(0) say(text: str<8>) { document.title = text } }`,
    })
    expect(fieldsOf(await read(project), 'A')['say'].signature).to.equal('say(text: str<8>)')
  })

  it('prints classes, fields, flags, notes, places and the hash for people', async () => {
    const project = make({
      'src/model.ts': `${header}
/** Somebody who walks. */
@networkClass(10, { clientDelete: true })
export class Player extends NetworkObject {
  /**
   * Goes there.
   *
   * At once.
   */
  @field(Flags.OwnerSend | Flags.Database, { id: 3, default: [0, 7n] })
  moveTo(x: int16, y: str<2>) {}

  @field(0)
  bare() {}
}
`,
    })
    const { out } = await schemaCommand(project.root)
    expect(out).to.match(/^1 class, 2 fields, hash [0-9a-f]{16}$/m)
    expect(out.slice(0, out.indexOf('\n\n'))).to.equal(
      [
        'Player (class 10)  src/model.ts:6',
        '  Somebody who walks.',
        '  clientDelete: true',
        '  0 bare()',
        '      no flags  src/model.ts:16',
        '  3 moveTo(x: int16, y: str<2>)',
        '      OwnerSend | Database, pinned, default [0,"7"]  src/model.ts:13',
        '      Goes there.',
      ].join('\n'),
    )
  })

  it('reads what tsconfig.json takes in, what that imports, and the projects that it references', async () => {
    const type = (id: number, name: string): string =>
      `${header}@networkClass(${id}) export class ${name} extends NetworkObject {}\n`
    const project = make({
      'tsconfig.json': '{ "files": ["app/main.ts"], "references": [{ "path": "./other" }] }',
      'app/main.ts': "import './side.js'\nexport { B } from '../shared/b.ts'\n",
      'app/side.ts': type(1, 'A'),
      'shared/b.ts': type(2, 'B'),
      'other/tsconfig.json': '{ "include": ["src/**/*"], "exclude": ["src/old"], "references": [{ "path": ".." }] }',
      'other/src/deep/c.ts': type(3, 'C'),
      'other/src/old/d.ts': type(4, 'D'),
      'app/e.ts': type(5, 'E'),
    })
    const names = async (...args: string[]): Promise<string[]> =>
      (await read(project, ...args)).classes.map(({ name }) => name)
    expect(await names()).to.deep.equal(['A', 'B', 'C'])
    expect(await names('--project', 'other')).to.include('C')
    expect(await names('app/e.ts', 'shared')).to.deep.equal(['B', 'E'])
    expect(await names('--classes', 'C, A')).to.deep.equal(['A', 'C'])
    expect((await read(project)).classes.map(({ file }) => file)).to.deep.equal([
      'app/side.ts',
      'shared/b.ts',
      'other/src/deep/c.ts',
    ])
    expect((await read(project, '--project', 'other/tsconfig.json')).classes[0]!.file).to.equal('../app/side.ts')
  })

  it('needs no tsconfig.json where there is a package.json', async () => {
    const project = new Project({ 'src/model.ts': `${header}@networkClass(1) export class A extends NetworkObject {}` })
    projects.push(project)
    expect((await read(project)).classes.map(({ name }) => name)).to.deep.equal(['A'])
  })

  it('lets TypeScript decide the types that the syntax does not tell, where --checker asks it', async () => {
    const model = (type: string): string =>
      `${header}const kinds = { a: 1, b: 2 }\n@networkClass(1) export class A extends NetworkObject { @field(0) go(kind: ${type}) {} }\n`
    const project = make({ 'model.ts': model('keyof Awaited<typeof kinds>') })
    symlinkSync(`${root}node_modules/typescript`, project.path('node_modules/typescript'), 'dir')
    const refused = await schemaCommand(project.root)
    expect(refused.code).to.equal(1)
    expect(refused.err).to.contain('Awaited cannot be sent')
    const { hash } = await read(project, '--checker')
    expect(hash).to.equal((await read(make({ 'model.ts': model("'a' | 'b'") }))).hash)
  })

  it('takes decorators from where they come, however many copies of the package there are', async () => {
    const project = make({
      'kit/package.json': '{ "name": "kit", "type": "module" }',
      'kit/node_modules/fieldcast/package.json': '{ "name": "fieldcast", "version": "9.9.9" }',
      'kit/base.ts': `${header}export abstract class Base extends NetworkObject { @field(0) ping(n: uint8) {} }`,
      'mine.ts': 'export const networkClass = (id: number) => (target: unknown) => {}\n',
      'model.ts': `import { networkClass } from './mine.ts'\n@networkClass(1) export class Other {}\n`,
      'game.ts': `${header}import { Base } from './kit/base.ts'\n@networkClass(1) export class A extends Base {}\n`,
    })
    const { classes } = await read(project)
    expect(classes.map(({ name, fields }) => [name, fields[0].signature])).to.deep.equal([['A', 'ping(n: uint8)']])
  })
})
