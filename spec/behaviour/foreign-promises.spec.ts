/** Promises of any make, and handlers, hooks and listeners that turn out to be async: none fails open, none ends the process. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, Reject, Rejected, type uint8 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { goesAtOnce } from '../support/departure.ts'
import { failureOf, record } from '../support/outcome.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
class Door extends NetworkObject {
  opened = 0

  @field(Flags.OwnerSend | Flags.RAM)
  open(times: uint8) {
    this.opened += times
  }
}

/** A promise of another make, as query builders give. */
const thenable = <T>(settle: () => T): PromiseLike<T> => ({
  // biome-ignore lint/suspicious/noThenProperty: that is what it is
  then: (resolve, reject) => Promise.resolve().then(settle).then(resolve, reject) as never,
})

const options = { server: { classes: [Door], avatar: Door, ...goesAtOnce }, client: { classes: [Door] } }

describe('Promises of any make', () => {
  it('decide a login: a rejection refuses it', async () => {
    const world = await World.start({
      ...options,
      server: {
        ...options.server,
        login: (({ password }: { password: string }) =>
          thenable(() => {
            if (password !== 'open sesame') throw new Reject('bad password')
            return { id: 'ali' }
          })) as never,
      },
    })
    expect((await failureOf(world.join({ password: 'please' }), Rejected)).reason).to.equal('bad password')
    await world.join({ password: 'open sesame' })
    expect([...world.server.clients.values()].map(({ account }) => account)).to.deep.equal(['ali'])
    await world.stop()
  })

  it('decide a wish for an object, and never grant a call', async () => {
    const world = await World.start({
      ...options,
      server: {
        ...options.server,
        violations: 'ignore',
        onCreateRequest: (() => thenable(() => false)) as never,
        authorize: (() => thenable(() => true)) as never,
      },
    })
    const ann = await world.join()
    expect((await world.until(failureOf(ann.create(Door), Rejected))).reason).to.equal('refused')
    ann.avatar.send.open(1)
    await world.settle()
    expect((world.server.objects.get(ann.avatar.id) as Door).opened).to.equal(0)
    await world.stop()
  })
})

describe('An async hook or listener that fails', () => {
  it('is told as an error and harms nobody', async () => {
    class Moody extends Door {
      override async onEnter() {
        throw new Error('hook')
      }
    }
    const world = await World.start({ ...options, server: { classes: [Moody], avatar: Moody, ...goesAtOnce } })
    const errors = record(world.server, 'error')
    world.server.on('connect', (async () => {
      throw new Error('listener')
    }) as () => void)
    const ann = await world.join()
    world.server.clients.get(ann.id)!.will((async () => {
      throw new Error('will')
    }) as () => void)
    await world.cut(ann)
    expect(errors.map(({ where, error }) => [where, (error as Error).message])).to.have.deep.members([
      ['onEnter', 'hook'],
      ['listener of connect', 'listener'],
      ['will', 'will'],
    ])
    await world.stop()
  })
})

describe('First calls of a wish for an object', () => {
  it('are asked of authorize and count against the rate like any call', async () => {
    const asked: string[] = []
    const world = await World.start({
      ...options,
      server: {
        ...options.server,
        violations: 'ignore',
        limits: { callsPerSecond: 10 },
        authorize: (_client, _object, name) => {
          asked.push(name)
          return asked.length > 1
        },
      },
    })
    const ann = await world.join()
    const wish = () =>
      world.until(
        failureOf(
          ann.create(Door, draft => draft.send.open(1)),
          Rejected,
        ),
      )
    expect((await wish()).reason).to.equal('no-permission')
    expect(asked).to.deep.equal(['open'])
    const flood = world.until(
      failureOf(
        ann.create(Door, draft => {
          for (let i = 0; i < 30; i++) draft.send.open(1)
        }),
        Rejected,
      ),
    )
    expect((await flood).reason).to.equal('rate')
    await world.stop()
  })
})

describe('A disconnect whose hooks delete or give away what the client owned', () => {
  it('goes to its end: the rest is released, what was given away stays given', async () => {
    const world = await World.start(options)
    const [ann, bob] = [await world.join(), await world.join()]
    const [server, heir] = [world.server, world.server.clients.get(2)!]
    const owner = server.clients.get(1)!
    const [pet, sword, house] = [0, 0, 0].map(() => server.create(Door, null, { zone: 0, owner }))
    server.on('delete', ({ object }) => {
      if (object.id !== ann.avatar.id) return
      pet!.delete()
      sword!.transferOwner(heir)
    })
    const closed = record(server, 'close')
    await world.cut(ann)
    await world.settle()
    expect(closed.length).to.equal(1)
    expect(server.objects.get(pet!.id)).to.equal(undefined)
    expect(sword!.owner).to.equal(heir)
    expect(house!.owner).to.equal(null)
    expect(bob.connected).to.equal(true)
    await world.stop()
  })

  it('lets whoever holds a deleted object see that it is nobody’s', async () => {
    const world = await World.start(options)
    const ann = await world.join()
    const avatar = world.server.objects.get(ann.avatar.id)!
    await world.cut(ann)
    await world.settle()
    expect([avatar.owner, avatar.zone]).to.deep.equal([null, null])
    await world.stop()
  })
})

describe('A veto', () => {
  it('never carries a value that its caller may not see', async () => {
    const secrets = new Registry()
    @networkClass(11, { registry: secrets })
    class Safe extends NetworkObject {
      @field(Flags.OwnerSend | Flags.OwnerOnly | Flags.RAM | Flags.Predict)
      code(digits: uint8) {}
    }
    const world = await World.start({ server: { classes: [Safe] }, client: { classes: [Safe] }, trace: true })
    const [ann, bob] = [await world.join(), await world.join()]
    const safe = world.server.create(Safe, null, { zone: 0, owner: world.server.clients.get(ann.id)! })
    await world.settle()
    const seen = ann.objects.get(safe.id) as Safe
    safe.transferOwner(world.server.clients.get(bob.id)!)
    safe.send.code(0xab)
    seen.send.code(1)
    await world.settle()
    const toAnn = world.trace
      .filter(({ client, to }) => client === 1 && to === 'client')
      .map(({ bytes }) => Buffer.from(bytes).toString('hex'))
    expect(toAnn.join(' ')).to.include('4e').and.not.to.include('ab')
    await world.stop()
  })
})
