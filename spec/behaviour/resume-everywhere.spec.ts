/** A session whose connection breaks at any of its frames ends as one that was never disturbed. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Flags, field, NetworkObject, networkClass, Registry, Reject, type uint8 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { World } from 'fieldcast/testing'
import { Breaking } from '../support/breaking.ts'

const registry = new Registry()

/** What happened at the client under test, in order. */
let story: string[] = []

@networkClass(10, { registry, clientCreate: true, clientDelete: true })
class Piece extends NetworkObject {
  at = 0

  note(_what: string): void {}

  @field(Flags.OwnerSend | Flags.Broadcast)
  say(n: uint8): void {
    this.note(`say ${n}`)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM | Flags.Predict)
  step(n: uint8): void {
    this.at = n
    this.note(`step ${n}`)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  paint(n: uint8): void {
    this.note(`paint ${n}`)
  }

  @field(Flags.OwnerOnly | Flags.RAM)
  secret(n: uint8): void {
    this.note(`secret ${n}`)
  }

  @field(Flags.Broadcast | Flags.RAM)
  friend(piece: Piece | null): void {
    this.note(`friend ${piece?.id}`)
  }

  /** Noise that nobody notes. */
  @field(Flags.Broadcast)
  hum(_n: uint8): void {}

  @field(Flags.OwnerSend)
  async double(n: uint8): Promise<uint8> {
    return n * 2
  }
}

/** As the client under test sees it. */
class Seen extends Piece {
  override note(what: string): void {
    story.push(`${this.id} ${what}`)
  }
}

interface Outcome {
  readonly story: readonly string[]
  readonly handled: readonly string[]
  readonly view: readonly unknown[]
  readonly frames: readonly [up: number, down: number]
  readonly losses: number
  readonly fresh: number
}

/** Plays one session. */
async function play(breaking: Breaking, stepMs = 400, resumeBytes?: number, isNoisy = false): Promise<Outcome> {
  const handled: string[] = []
  class OnServer extends Piece {
    override note(what: string): void {
      handled.push(`${this.id} ${what} by ${this.caller?.id ?? 0}`)
    }
    override say(n: uint8): void {
      if (n === 13) throw new Reject('unlucky')
      super.say(n)
    }
    override step(n: uint8): void {
      if (n === 13) throw new Reject('unlucky')
      super.step(n)
    }
    override async double(n: uint8): Promise<uint8> {
      this.note(`double ${n}`)
      await new Promise<void>(resolve => world.clock.after(30, resolve))
      if (n === 13) throw new Reject('unlucky')
      return n * 2
    }
  }
  const world = await World.start<Piece>({
    server: {
      classes: [OnServer],
      avatar: OnServer,
      canWatch: () => true,
      tickRate: 50,
      limits: { ...(resumeBytes !== undefined && { resumeBytes }) },
    },
    client: { classes: [Piece] },
    latency: 10,
  })
  const wrong: string[] = []
  let [losses, fresh] = [0, 0]
  const { server } = world
  server.on('violation', ({ reason, detail }) => wrong.push(`${reason}: ${detail}`))
  server.on('error', ({ error }) => wrong.push(String(error)))
  const bob = await world.join()
  const ann: Client<Piece> = await world.until(
    connect(world.url, {
      classes: [Seen],
      transport: breaking.dialer(world.dialer(), world.clock),
      clock: world.clock,
      random: world.random,
      // Time goes on while the connection is lost.
      requestMs: 60_000,
      on: {
        enter: ({ object }) => story.push(`+${object.id}`),
        leave: ({ object }) => story.push(`-${object.id}`),
        zone: ({ object, to }) => story.push(`${object.id} to ${to}`),
        owner: ({ object, to }) => story.push(`${object.id} of ${to}`),
        'zone-left': ({ zone }) => story.push(`left ${zone}`),
        vetoed: ({ field: name, reason }) => story.push(`${name} ${reason}`),
        error: ({ error }) => wrong.push(String(error)),
        dropped: ({ why }) => wrong.push(`dropped ${why}`),
        close: ({ reason }) => wrong.push(`closed ${reason}`),
        lost: () => losses++,
        resumed: event => {
          if (event.fresh) fresh++
        },
      },
    }),
  )
  // While it is away it misses more than 300 bytes.
  server.on('lost', () => {
    for (let i = 0; isNoisy && i < 20; i++) world.clock.after(25 * i, () => there().send.hum(i))
  })
  story = []
  handled.length = 0
  breaking.begin()
  const here = ann.avatar
  const there = (): Piece => server.objects.get(here.id) as Piece
  const told = (what: string) => (value: unknown) =>
    void story.push(`${what}: ${String((value as Error)?.name ?? value)}`)
  const ask = (what: string, promise: Promise<unknown>): void => void promise.then(told(what), told(what))
  const made = (): Piece => [...ann.objects].find(object => object !== here && object.owner?.id === ann.id) as Piece
  let id = 0
  const steps: (() => void)[] = [
    () => {
      here.send.say(1)
      here.send.step(1)
    },
    () => ask('double', here.send.double(4)),
    () => there().send.say(2),
    () => {
      here.send.step(2)
      here.send.step(13)
      here.send.say(13)
    },
    () => {
      here.send.step(3)
      there().send.secret(9)
    },
    () => (bob.objects.get(here.id) as Piece).send.paint(7),
    () => ask('double 13', here.send.double(13)),
    () => {
      server.create(OnServer, o => o.send.paint(1), { zone: 5 })
      ask('zones', ann.zones.add([5, 6]))
    },
    () => {
      const [far] = [...server.objects].filter(({ zone }) => zone === 5) as Piece[]
      far!.send.friend(there())
      there().send.friend(far!)
    },
    () =>
      void ann
        .create(Seen, draft => draft.send.paint(3), { zone: 6 })
        .then(piece => story.push(`made ${piece.id}`), told('create')),
    () => {
      id = made().id
      made().send.say(5)
    },
    () => void server.objects.get(id)!.enterZone(5),
    () => server.objects.get(id)!.transferOwner(server.clients.get(bob.id)!),
    () => server.objects.get(id)!.transferOwner(server.clients.get(ann.id)!),
    () => made().delete(),
    () => ask('fewer', ann.zones.delete(5)),
    () => void there().enterZone(6),
    () => {
      for (let n = 20; n < 25; n++) here.send.say(n)
      there().send.say(30)
    },
  ]
  for (const step of steps) {
    step()
    await world.run(stepMs)
  }
  await world.run(2000)
  expect(wrong).to.deep.equal([])
  const view = [...ann.objects].map(object => {
    const { id, zone, owner, at } = object as Piece
    return { id, zone, owner: owner?.id, at }
  })
  const outcome = {
    story: [...story],
    handled,
    view: [view, [...ann.zones]],
    frames: [...breaking.frames] as const,
    losses,
    fresh,
  }
  expect([...server.clients.keys()]).to.deep.equal([bob.id, ann.id])
  await world.stop()
  return outcome
}

/** What a client is told of its requests, in any order: it hears of what it missed when all is told. */
const answers = ({ story }: Outcome): string[] =>
  story.filter(what => /^(double|zones|fewer|made|Piece)/.test(what)).sort()

const whole = ({ story, handled, view }: Outcome): unknown => ({ story, handled, view })

describe('A session that breaks at any frame', () => {
  let undisturbed: Outcome
  before(async () => {
    undisturbed = await play(new Breaking(null))
    expect(undisturbed.story).to.include.members([
      'double: 8',
      'double 13: Rejected',
      'zones: undefined',
      '-3',
      'Piece.say unlucky',
    ])
    expect(undisturbed.frames[0]).to.be.at.least(12)
    expect(undisturbed.frames[1]).to.be.greaterThan(20)
  })

  for (const way of ['up', 'down'] as const)
    for (const fate of ['lost', 'arrives'] as const)
      it(`of its way ${way}, which ${fate === 'lost' ? 'is lost too' : 'still arrives'}, goes on as if nothing had been`, async function () {
        this.timeout(120_000)
        const count = undisturbed.frames[way === 'up' ? 0 : 1]
        for (let n = 1; n <= count; n++) {
          const outcome = await play(new Breaking({ way, at: [n], arrives: fate === 'arrives' }))
          expect(outcome.losses, `losses at frame ${n}`).to.equal(1)
          expect(whole(outcome), `frame ${n}`).to.deep.equal(whole(undisturbed))
        }
      })

  for (const way of ['up', 'down'] as const) {
    it(`of its way ${way}, for longer than what it misses is kept, is told everything anew, and what came of its requests`, async function () {
      this.timeout(120_000)
      const count = undisturbed.frames[way === 'up' ? 0 : 1]
      let fresh = 0
      for (let n = 1; n <= count; n++) {
        const outcome = await play(new Breaking({ way, at: [n], arrives: false, awayMs: 2000 }), 6000, 300, true)
        fresh += outcome.fresh
        const [seen, meant] = [outcome, undisturbed].map(of => ({
          view: of.view,
          answers: answers(of),
          handled: of.handled,
        }))
        expect(seen, `frame ${n}`).to.deep.equal(meant)
      }
      expect(fresh).to.be.greaterThan(1)
    })

    it(`of its way ${way}, where nothing is kept, is told everything anew`, async function () {
      this.timeout(120_000)
      const count = undisturbed.frames[way === 'up' ? 0 : 1]
      let fresh = 0
      for (let n = 1; n <= count; n++) {
        const outcome = await play(new Breaking({ way, at: [n], arrives: false }), 400, 1)
        fresh += outcome.fresh
        const [seen, meant] = [outcome, undisturbed].map(of => ({ view: of.view, handled: of.handled }))
        expect(seen, `frame ${n}`).to.deep.equal(meant)
      }
      expect(fresh).to.be.greaterThan(1)
    })
  }

  it('again and again, while it comes back too, goes on as if nothing had been', async function () {
    this.timeout(120_000)
    for (const every of [4, 5, 7, 11])
      for (const way of ['up', 'down'] as const) {
        const at = Array.from({ length: 200 }, (_, i) => (i + 1) * every)
        const outcome = await play(new Breaking({ way, at, arrives: every % 2 === 0 }), 4000)
        expect(outcome.losses).to.be.greaterThan(1)
        expect(whole(outcome), `every ${every} ${way}`).to.deep.equal(whole(undisturbed))
      }
  })

  it('at random, for random times, with as much kept as may be, ends in the same view, and every call is handled once', async function () {
    this.timeout(120_000)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('up' as const, 'down' as const),
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom(0, 30, 300, 2500),
        fc.constantFrom(1, 100, 300, 1000, 100_000),
        fc.boolean(),
        async (way, at, arrives, awayMs, resumeBytes, isNoisy) => {
          // Long enough that each step is over before the next begins.
          const outcome = await play(new Breaking({ way, at, arrives, awayMs }), 15_000, resumeBytes, isNoisy)
          expect(outcome.view).to.deep.equal(undisturbed.view)
          expect([...outcome.handled].sort()).to.deep.equal([...undisturbed.handled].sort())
          if (outcome.fresh === 0) expect(whole(outcome)).to.deep.equal(whole(undisturbed))
        },
      ),
      { numRuns: 40, seed: 7 },
    )
  })
})
