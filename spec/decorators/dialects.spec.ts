/** The decorators take every dialect: the transformer's plain calls, the standard decorators, TypeScript's older ones. Types by hand need none of our tools. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { transformSync } from 'esbuild'
import { Flags, field, NetworkObject, networkClass, Registry, SchemaError } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { Schema } from '../../lib/schema/schema.ts'

const folder = '.dialects'

const model = (registry: string): string => `
import { field, Flags, int16, networkClass, NetworkObject, Registry, str, wire } from 'fieldcast'
const registry = ${registry}

abstract class Entity extends NetworkObject {
  @field(Flags.Broadcast | Flags.RAM, str(8))
  setName(name: string) { (this as any).name = name }
}

@networkClass(10, { registry })
export class Player extends Entity {
  x = 0
  @field(Flags.OwnerSend | Flags.Broadcast, int16, wire.optional(int16))
  moveTo(x: number, y?: number) { this.x = x }

  @field(Flags.OwnerSend | Flags.Broadcast, wire.none)
  jump() { this.x += 100 }

  @field(Flags.OwnerSend, int16, wire.returns(str(16)))
  async buy(item: number) { return 'item ' + item }
}
`

let count = 0

/** Compiles as a user's tool would, and loads the result. */
async function load(source: string, experimentalDecorators: boolean): Promise<any> {
  const { code } = transformSync(source, {
    loader: 'ts',
    target: 'es2022',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } },
  })
  const file = join(folder, `model-${count++}.mjs`)
  writeFileSync(file, code)
  return import(pathToFileURL(file).href)
}

describe('Decorators', () => {
  before(() => mkdirSync(folder, { recursive: true }))
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [dialect, legacy] of [
    ['standard', false],
    ['legacy', true],
  ] as const) {
    it(`work in the ${dialect} dialect with types by hand, inherited fields included`, async () => {
      const { Player } = await load(model('new Registry()'), legacy)
      const world = await World.start<any>({
        server: { classes: [Player], avatar: Player },
        client: { classes: [Player] },
      })
      const ann = await world.join()
      const bob = await world.join()
      ann.avatar.send.moveTo(7)
      ann.avatar.send.jump()
      ;(world.server.objects.get(ann.avatar.id) as any).send.setName('ann')
      await world.settle()
      const seen = bob.objects.get(ann.avatar.id) as any
      expect([seen.x, seen.name]).to.deep.equal([107, 'ann'])
      expect(await world.until(ann.avatar.send.buy(3))).to.equal('item 3')
      await world.stop()
    })
  }

  it('give one schema in every dialect', async () => {
    const hashes = new Set<string>()
    for (const legacy of [false, true]) {
      const { Player } = await load(model('new Registry()'), legacy)
      const world = await World.start<NetworkObject>({ server: { classes: [Player] }, client: { classes: [Player] } })
      hashes.add(world.server.schemaHash)
      await world.stop()
    }
    expect(hashes.size).to.equal(1)
  })

  it('take what a tool adds as the last argument: schemas of fields, of classes and of structs', async () => {
    const injected = `
import { field, Flags, networkClass, NetworkObject, struct } from 'fieldcast'
const registry = globalThis.injectedRegistry
@struct('Vec', { registry }, { name: 'Renamed', keys: { x: 'int16' } })
class A { x = 0 }
class B extends NetworkObject {
  @field(Flags.Broadcast, { params: [['x', 'int16']] }) m(x: number) {}
  @field(Flags.Broadcast, { id: 7 }, { params: [['y', 'str']] }) n(y: string) {}
}
@networkClass(11, { registry }, { name: 'Beast' })
export class C extends B {}`
    for (const legacy of [false, true]) {
      Object.assign(globalThis, { injectedRegistry: new Registry() })
      const { C } = await load(injected, legacy)
      const { outline } = new Schema([C])
      expect(outline).to.deep.equal([
        {
          id: 11,
          name: 'Beast',
          fields: [
            { id: 0, name: 'm', flags: Flags.Broadcast, params: ['int16'] },
            { id: 7, name: 'n', flags: Flags.Broadcast, params: ['str'] },
          ],
        },
      ])
    }
    Reflect.deleteProperty(globalThis, 'injectedRegistry')
  })

  it('say at load how to set up the toolchain when a field has no types', async () => {
    const source = `
import { field, Flags, networkClass, NetworkObject, Registry } from 'fieldcast'
@networkClass(10, { registry: new Registry() })
export class Player extends NetworkObject {
  @field(Flags.OwnerSend)
  moveTo(x: number) {}
}`
    for (const legacy of [false, true]) {
      const error = await load(source, legacy).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(SchemaError)
      for (const part of ['Player.moveTo', 'fieldcast/register', 'fieldcast/vite', '@field(flags, int16, str(64))'])
        expect((error as Error).message).to.include(part)
    }
  })

  it('name the cause where a class extends the NetworkObject of another copy of the package', async () => {
    const other = (await import(pathToFileURL('dist/lib/index.js').href)) as typeof import('fieldcast')
    class Player extends other.NetworkObject {}
    expect(() => networkClass(10, { registry: new Registry() })(Player as never)).to.throw('npm ls fieldcast')
  })

  it('let an abstract class bear an id, so that fields can refer to whatever extends it', () => {
    const registry = new Registry()
    abstract class Being extends NetworkObject {}
    networkClass(12, { registry })(Being)
    class Player extends Being {}
    ;(field(Flags.OwnerSend) as any)(Player, 'hit', { params: [['whom', ['ref', 'Being']]] })
    networkClass(13, { registry })(Player)
    expect(new Schema([Player]).outline[0]!.fields[0]!.params).to.deep.equal([['ref', 12]])
  })

  it('know bases without a decorator by their names in the source, whatever a minifier calls them', () => {
    const schemaOf = (bases?: string[]): Schema => {
      const registry = new Registry()
      abstract class Being extends NetworkObject {}
      if (bases) Object.defineProperty(Being, 'name', { value: 'e' })
      class Player extends Being {}
      ;(field(Flags.OwnerSend) as any)(Player, 'hit', { params: [['whom', ['ref', 'Being']]] })
      networkClass(13, { registry }, { name: 'Player', ...(bases && { bases }) })(Player)
      return new Schema([Player])
    }
    expect(schemaOf(['Being']).hash).to.equal(schemaOf().hash)
    expect(() => schemaOf([])).to.throw('refers to Being')
  })

  it('name the cause where one file is loaded twice', () => {
    const registry = new Registry()
    class Player extends NetworkObject {}
    const twice = (): void => networkClass(10, { registry })(class extends Player {}, { name: 'Player' })
    twice()
    expect(twice).to.throw('used twice, by Player and by Player. Give the newer one another, or load its file once.')
  })

  it('refuse static methods, private methods and classes that extend nothing', async () => {
    const head = `import { field, Flags, int16, networkClass, NetworkObject, Registry } from 'fieldcast'\nconst registry = new Registry()\n`
    const wrong = [
      ['static move(x: number) {}', 'a field is a public method of an instance'],
      ['get move() { return 1 }', ''],
    ]
    for (const [member, text] of wrong) {
      const source = `${head}@networkClass(10, { registry })\nexport class P extends NetworkObject { @field(Flags.OwnerSend, int16) ${member} }`
      const error = await load(source, false).catch((reason: unknown) => reason)
      expect(error, member).to.be.instanceOf(SchemaError)
      expect((error as Error).message).to.include(text)
    }
    const error = await load(`${head}@networkClass(10, { registry })\nexport class P {}`, false).catch(
      (reason: unknown) => reason,
    )
    expect((error as Error).message).to.include('must extend NetworkObject')
  })
})
