/** One shared class, and what each side makes of it. Rule 18 of docs/guarantees.md. */
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
import { failureOf } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

/** The server's fields are those that clients call; the clients' are those that the server calls. */
@networkClass(10, { registry })
class Shop extends Witness {
  @field(Flags.ClientSend)
  buy(item: str<16>): void {
    void item
  }

  @field(0)
  receipt(item: str<16>, coins: uint8): void {
    void [item, coins]
  }

  @field(Flags.Broadcast)
  advertise(text: str<32>): void {
    void text
  }
}

class ServerShop extends Shop {
  override buy(item: string): void {
    this.note('buy', item)
    this.sendTo(this.caller!).advertise(`thanks for the ${item}`)
    this.send.receipt(item, 5)
  }
}

class ClientShop extends Shop {
  override buy(item: string): void {
    void item
    throw new Error('clients sell nothing')
  }

  override receipt(item: string, coins: number): void {
    this.note('receipt', item, coins)
  }

  override advertise(text: string): void {
    this.note('advertise', text)
  }
}

class OwnShop extends ClientShop {
  override receipt(item: string, coins: number): void {
    this.note('own receipt', item, coins)
  }
}

/** A base class with fields of its own. */
abstract class Thing extends Witness {
  @field(Flags.ClientSend | Flags.Broadcast)
  touch(): void {
    this.note('touch')
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  zoom(times: uint8): void {
    this.note('zoom', times)
  }
}

@networkClass(11, { registry })
class Lamp extends Thing {
  @field(Flags.ClientSend | Flags.Broadcast)
  light(): void {
    this.note('light')
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  override touch(): void {
    this.note('lamp touch')
  }
}

const options = {
  server: { classes: [ServerShop, Lamp], avatar: ServerShop },
  client: { classes: [ClientShop, Lamp], owned: [OwnShop] },
}

onEveryWire('roles', start => {
  it('MN21 Server and client classes of one name behave differently, and each side calls the other’s', async () => {
    const world = await start<ClientShop | Lamp>(options)
    const a = await world.join<ClientShop>()
    const b = await world.join<ClientShop>()
    const seen = sightOf(b, a.avatar)
    seen.send.buy('apple')
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['buy', 'apple']])
    expect(originalOf(world, a.avatar)).to.be.instanceOf(ServerShop)
    expect(seen.heard).to.deep.equal([['advertise', 'thanks for the apple']])
    expect(a.avatar.heard).to.deep.equal([['own receipt', 'apple', 5]])
  })

  it('gives a client’s own objects the class in `owned`, and those of others the one in `classes`', async () => {
    const world = await start<ClientShop | Lamp>(options)
    const a = await world.join<ClientShop>()
    const b = await world.join<ClientShop>()
    expect(a.avatar).to.be.instanceOf(OwnShop)
    expect(sightOf(b, a.avatar)).to.be.instanceOf(ClientShop).and.not.instanceOf(OwnShop)
    expect(b.objects.of(OwnShop)).to.deep.equal([b.avatar])
    expect(b.objects.of(ClientShop)).to.have.lengthOf(2)
  })

  it('keeps the instance, and so its class, when the owner changes while it is in view', async () => {
    const world = await start<ClientShop | Lamp>(options)
    const [a, b] = [await world.join<ClientShop>(), await world.join<ClientShop>()]
    const seen = sightOf(b, a.avatar)
    originalOf(world, a.avatar).transferOwner(onServer(world, b))
    await world.settle()
    expect(b.objects.get(a.avatar.id)).to.equal(seen)
    expect(seen.story.at(-1)).to.equal('onOwnerGained')
  })

  it('lets a client class do without handlers: a shared body that does nothing is one', async () => {
    const world = await start<Shop | Lamp>({ ...options, client: { classes: [Shop, Lamp] } })
    const a = await world.join<Shop>()
    a.avatar.send.buy('pear')
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['buy', 'pear']])
    expect(a.connected).to.equal(true)
  })

  it('serves inherited fields, and an override in their place', async () => {
    const world = await start<ClientShop | Lamp>(options)
    const a = await world.join<ClientShop>()
    const lamp = world.server.create(Lamp, null, { zone: 0 })
    await world.settle()
    const seen = sightOf(a, lamp)
    seen.send.touch()
    seen.send.zoom(3)
    seen.send.light()
    await world.settle()
    for (const side of [lamp, seen]) expect(side.heard).to.deep.equal([['lamp touch'], ['zoom', 3], ['light']])
  })

  it('makes every call of a handler a plain local call, which sends nothing', async () => {
    const world = await start<ClientShop | Lamp>({ ...options, trace: true })
    const a = await world.join<ClientShop>()
    const lamp = world.server.create(Lamp, null, { zone: 0 })
    await world.settle()
    const frames = world.trace.length
    sightOf(a, lamp).zoom(9)
    lamp.zoom(8)
    expect(world.trace.length).to.equal(frames)
    await world.settle()
    expect(lamp.heard).to.deep.equal([['zoom', 8]])
    expect(sightOf(a, lamp).heard).to.deep.equal([['zoom', 9]])
  })

  it('refuses `owned` classes whose id is not among `classes`, and two classes of one id', async () => {
    const world = await start<ClientShop | Lamp>(options)
    await failureOf(world.join(undefined, { classes: [Lamp] as never, owned: [OwnShop] }), UsageError)
    await failureOf(world.join(undefined, { classes: [ClientShop, OwnShop, Lamp] as never }), UsageError)
    const a = await world.join<ClientShop>()
    expect(a.connected).to.equal(true)
  })
})

describe('roles at registration', () => {
  it('refuses a field on a side’s own class, naming it', () => {
    class Tuned extends Shop {
      nitro(boost: number): void {
        void boost
      }
    }
    field(Flags.Broadcast, int8)(Tuned.prototype, 'nitro', { value: Tuned.prototype.nitro })
    expect(() => createServer({ classes: [Tuned] })).to.throw(SchemaError, 'Tuned.nitro')
    expect(() => createServer({ classes: [Tuned] })).to.throw('both sides must know every field')
  })

  it('refuses a class without @networkClass, and one that is no NetworkObject', () => {
    class Plain extends NetworkObject {}
    expect(() => createServer({ classes: [Plain] })).to.throw(SchemaError, 'Plain is no network class')
    expect(() => networkClass(30, { registry: new Registry() })(class Loose {} as never)).to.throw(
      UsageError,
      'must extend NetworkObject',
    )
  })

  it('refuses to send on an object that no server or client made', () => {
    const made = new Lamp()
    expect(() => made.send.light()).to.throw(UsageError, 'server.create(Lamp)')
    expect(() => made.id).to.throw(UsageError)
  })
})
