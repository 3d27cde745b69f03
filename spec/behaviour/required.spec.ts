/** What is in every snapshot, and where it comes from. Rules 15 and 16 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  Flags,
  field,
  int8,
  NetworkObject,
  networkClass,
  Registry,
  SchemaError,
  type str,
  UsageError,
  type uint8,
} from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  asked = 0

  @field(Flags.Broadcast | Flags.Required)
  setName(name: str<32>): void {
    this.note('setName', name)
  }

  @field(Flags.Broadcast | Flags.Required)
  place(x: uint8, y: uint8): void {
    this.note('place', x, y)
  }

  @field(Flags.Broadcast | Flags.Required | Flags.RAM, { default: [100] })
  health(points: uint8): void {
    this.note('health', points)
  }

  @field(Flags.Broadcast | Flags.Required)
  tags(...names: str<8>[]): void {
    this.note('tags', ...names)
  }
}

class ServerPlayer extends Player {
  broken = false

  getName(): string {
    this.asked++
    if (this.broken) throw new Error('no name today')
    return `player ${this.id}`
  }

  getPlace(): [number, number] {
    return [3, 4]
  }

  getTags(): string[] {
    return ['new', 'shy']
  }
}

@networkClass(11, { registry })
class Sign extends Witness {
  @field(Flags.Broadcast | Flags.Required | Flags.RAM)
  text(text: str<64>): void {
    this.note('text', text)
  }
}

const classes = [ServerPlayer, Sign]
const options = { server: { classes, avatar: ServerPlayer }, client: { classes: [Player, Sign] } }

onEveryWire('Required', start => {
  it('LP16 Required with neither a kept value nor a default asks the getter on the server and sends its result on zone entry', async () => {
    const world = await start<Player | Sign>(options)
    const a = await world.join<Player>()
    const b = await world.join<Player>()
    expect(sightOf(b, a.avatar).heard).to.deep.equal([
      ['health', 100],
      ['place', 3, 4],
      ['setName', `player ${a.avatar.id}`],
      ['tags', 'new', 'shy'],
    ])
    expect(sightOf(b, a.avatar).story.at(-1)).to.equal('onEnter')
    expect(sightOf(b, a.avatar).asked).to.equal(0)
  })

  it('asks the getter once per snapshot, and never for a value that is kept', async () => {
    const world = await start<Player | Sign>(options)
    const a = await world.join<Player>()
    const original = originalOf(world, a.avatar)
    const before = original.asked
    await world.join()
    expect(original.asked).to.equal(before + 1)
    await world.join()
    expect(original.asked).to.equal(before + 2)
  })

  it('prefers the kept value to the default', async () => {
    const world = await start<Player | Sign>(options)
    const a = await world.join<Player>()
    originalOf(world, a.avatar).send.health(7)
    const b = await world.join<Player>()
    expect(sightOf(b, a.avatar).heard[0]).to.deep.equal(['health', 7])
  })

  it('sends a value without RAM live, and asks the getter again for the next newcomer', async () => {
    const world = await start<Player | Sign>(options)
    const a = await world.join<Player>()
    originalOf(world, a.avatar).send.setName('for today')
    await world.settle()
    expect(a.avatar.heard.at(-1)).to.deep.equal(['setName', 'for today'])
    const b = await world.join<Player>()
    expect(sightOf(b, a.avatar).heard).to.deep.include(['setName', `player ${a.avatar.id}`])
  })

  it('leaves a field out of the snapshot whose getter throws, tells of it, and admits the newcomer', async () => {
    const world = await start<Player | Sign>(options)
    const errors = record(world.server, 'error')
    const a = await world.join<Player>()
    ;(originalOf(world, a.avatar) as ServerPlayer).broken = true
    const b = await world.join<Player>()
    expect(sightOf(b, a.avatar).heard.map(([name]) => name)).to.deep.equal(['health', 'place', 'tags'])
    expect(errors.map(({ where, field }) => [where, field])).to.deep.equal([['getter', 'Player.setName']])
  })

  it('refuses to create an object without its Required value, and creates and announces nothing', async () => {
    const world = await start<Player | Sign>(options)
    const a = await world.join()
    const created = record(world.server, 'create')
    const size = world.server.objects.size
    expect(() => world.server.create(Sign, null, { zone: 0 })).to.throw(UsageError, 'Sign.text is Required')
    await world.settle()
    expect(world.server.objects.size).to.equal(size)
    expect(a.objects.size).to.equal(1)
    expect(created).to.be.empty
    const sign = world.server.create(Sign, object => object.send.text('no smoking'), { zone: 0 })
    await world.settle()
    expect(sightOf(a, sign).story).to.deep.equal(['text', 'onEnter'])
  })
})

describe('Required at registration', () => {
  it('LP18 Required without getter, default, RAM or Database fails with an error that names class and field', () => {
    class Tree extends NetworkObject {
      height(meters: number): void {
        void meters
      }
    }
    field(Flags.Required | Flags.Broadcast, int8)(Tree.prototype, 'height', { value: Tree.prototype.height })
    networkClass(20, { registry: new Registry() })(Tree)
    expect(() => createServer({ classes: [Tree] }))
      .to.throw(SchemaError, 'Tree.height is Required')
      .with.property('message')
      .that.includes('getHeight()')
  })

  it('LP18 Any one of getter, default, RAM or Database lets it register', () => {
    for (const [flags, choice, getter] of [
      [Flags.Required, {}, () => 3],
      [Flags.Required | Flags.RAM, {}],
      [Flags.Required | Flags.Database, {}],
      [Flags.Required, { default: [3] }],
    ] as const) {
      class Tree extends NetworkObject {
        height(meters: number): void {
          void meters
        }
      }
      field(flags | Flags.Broadcast, choice, int8)(Tree.prototype, 'height', { value: Tree.prototype.height })
      networkClass(20, { registry: new Registry() })(Tree)
      if (getter) Object.assign(Tree.prototype, { getHeight: getter })
      expect(() => createServer({ classes: [Tree] })).to.not.throw()
    }
  })

  it('refuses a default that its types do not take, when the server starts', async () => {
    class Tree extends NetworkObject {
      height(meters: number): void {
        void meters
      }
    }
    field(Flags.Required, { default: [1000] }, int8)(Tree.prototype, 'height', { value: Tree.prototype.height })
    networkClass(20, { registry: new Registry() })(Tree)
    const error = await createServer({ classes: [Tree] })
      .start()
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(SchemaError)
    expect((error as Error).message)
      .to.include('Tree.height')
      .and.to.include('expected int8, got 1000')
  })
})
