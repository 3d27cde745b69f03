/** Objects that clients make. Rule 21 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  ArgumentError,
  Disconnected,
  Flags,
  field,
  networkClass,
  Registry,
  Reject,
  Rejected,
  type str,
  UsageError,
  type uint8,
} from 'fieldcast'
import type { CreateRequest } from 'fieldcast/server'
import type { Writer } from '../../lib/base/bytes.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Intruder } from '../support/intruder.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend)
  idle(): void {
    this.note('idle')
  }
}

@networkClass(11, { registry, clientCreate: true, clientDelete: true })
class Balloon extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  color(name: str<16>): void {
    this.note('color', name)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  pop(times: uint8): void {
    this.note('pop', times)
  }

  @field(Flags.Broadcast | Flags.RAM)
  price(coins: uint8): void {
    this.note('price', coins)
  }
}

class ServerBalloon extends Balloon {
  override color(name: string): void {
    if (name === 'invisible') throw new Reject('must be seen')
    super.color(name)
  }
}

const classes = [Player, Balloon]
const options = { server: { classes: [Player, ServerBalloon], avatar: Player }, client: { classes } }

/** The bytes of a wish for an object of a class, in zone 0. */
function wish(
  w: Writer,
  classId: number,
  request = 1,
  calls: readonly (readonly [key: number, args: readonly number[]])[] = [],
): void {
  w.u8(Op.Create)
  w.varint(request)
  w.varint(classId)
  w.varint(1)
  const start = w.position
  w.varint(calls.length)
  for (const [key, args] of calls) {
    w.varint(key)
    w.varint(args.length)
    w.raw(Uint8Array.from(args))
  }
  const body = w.slice(start)
  w.rewind(start)
  w.varint(body.length)
  w.raw(body)
}

onEveryWire('client-made objects', start => {
  it('MN12 First calls reach the server’s handler first, then every client gets the object with them', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const wish = a.create(Balloon, draft => {
      draft.send.pop(2)
      draft.send.color('red')
    })
    const balloon = await world.until(wish)
    await world.settle()
    const original = originalOf(world, balloon)
    expect(original.heard).to.deep.equal([
      ['pop', 2],
      ['color', 'red'],
    ])
    expect(original.callers).to.deep.equal([a.id, a.id])
    expect(original.story).to.deep.equal(['pop', 'color', 'onEnter', 'onOwnerGained'])
    expect(balloon).to.equal(a.objects.get(original.id))
    expect(balloon.story).to.deep.equal(['color', 'onEnter', 'onOwnerGained'])
    expect(sightOf(b, balloon).story).to.deep.equal(['color', 'onEnter'])
    for (const client of [a, b]) expect(sightOf(client, balloon).owner).to.deep.equal({ id: a.id })
    expect(balloon.zone).to.equal(0)
    balloon.send.pop(1)
    await world.settle()
    expect(sightOf(b, balloon).heard.at(-1)).to.deep.equal(['pop', 1])
    balloon.delete()
    await world.settle()
    expect(b.objects.get(balloon.id)).to.equal(undefined)
  })

  it('throws at once at the client for a class without clientCreate', async () => {
    const world = await start(options)
    const a = await world.join()
    expect(() => a.create(Player)).to.throw(UsageError, 'clientCreate')
    class Foreign extends Balloon {}
    expect(() => a.create(Foreign)).to.throw(UsageError)
  })

  it('MN27 A client that creates an unknown class id is closed with invalid-class', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await Intruder.join(world, classes)
    b.raw.write(w => wish(w, 999))
    expect(await b.fate()).to.equal('invalid-class')
    expect([...world.server.objects]).to.deep.equal([originalOf(world, a.avatar)])
  })

  it('closes a client that creates a class without clientCreate with no-permission, and makes nothing', async () => {
    const world = await start(options)
    const b = await Intruder.join(world, classes)
    b.raw.write(w => wish(w, 10))
    expect(await b.fate()).to.equal('no-permission')
    expect(world.server.objects.size).to.equal(0)
  })

  it('refuses first calls that a creator may not make: at the client at once, from a dishonest one with its connection', async () => {
    const world = await start(options)
    const a = await world.join()
    expect(() => a.create(Balloon, draft => draft.send.price(0))).to.throw(UsageError, 'only the server')
    expect(() => a.create(Balloon, draft => draft.send.pop(300))).to.throw(ArgumentError)
    const violations = record(world.server, 'violation')
    for (const [path, args, reason] of [
      ['Balloon.price', [0], 'no-permission'],
      ['Player.idle', [], 'no-field'],
      ['Balloon.pop', [1, 2], 'bad-arguments'],
      ['Balloon.color', [5, 65], 'bad-arguments'],
    ] as const) {
      const b = await Intruder.join(world, classes)
      b.raw.write(w => wish(w, 11, 1, [[b.keyOf(path), args]]))
      expect(await b.fate()).to.equal(reason)
    }
    expect(violations.map(({ field }) => field)).to.deep.equal(['Balloon.price', null, 'Balloon.pop', 'Balloon.color'])
    expect(world.server.objects.of(Balloon)).to.be.empty
  })

  it('asks onCreateRequest with class, zone and first calls, and refuses as it says', async () => {
    const asked: [number, CreateRequest][] = []
    let verdict: () => boolean | void | Promise<boolean> = () => true
    const onCreateRequest = (
      client: { readonly id: number },
      request: CreateRequest,
    ): boolean | void | Promise<boolean> => {
      asked.push([client.id, request])
      return verdict()
    }
    const world = await start({ ...options, server: { ...options.server, onCreateRequest } })
    const a = await world.join()
    const ask = (): Promise<Balloon> => world.until(a.create(Balloon, draft => draft.send.pop(1)))
    const first = await ask()
    expect(first.zone).to.equal(0)
    expect(asked).to.deep.equal([[a.id, { class: ServerBalloon, zone: 0, calls: [{ field: 'pop', args: [1] }] }]])
    for (const [how, reason] of [
      [() => false, 'refused'],
      [async () => false, 'refused'],
      [
        () => {
          throw new Reject('too many balloons')
        },
        'too many balloons',
      ],
      [
        () => {
          throw new Error('bug')
        },
        'error',
      ],
    ] as const) {
      verdict = how
      const errors = record(world.server, 'error')
      expect((await failureOf(ask(), Rejected)).reason).to.equal(reason)
      expect(errors).to.have.lengthOf(reason === 'error' ? 1 : 0)
    }
    expect(world.server.objects.of(Balloon)).to.deep.equal([originalOf(world, first)])
    expect(a.objects.of(Balloon)).to.deep.equal([first])
  })

  it('makes nothing where the handler of a first call vetoes', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const enters = record(b, 'enter')
    const refusal = a.create(Balloon, draft => {
      draft.send.pop(1)
      draft.send.color('invisible')
    })
    expect((await failureOf(world.until(refusal), Rejected)).reason).to.equal('must be seen')
    await world.settle()
    expect(world.server.objects.size).to.equal(2)
    expect(enters).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('refuses a zone that the client does not watch', async () => {
    const world = await start(options)
    const a = await world.join()
    expect((await failureOf(world.until(a.create(Balloon, undefined, { zone: 5 })), Rejected)).reason).to.equal(
      'hidden-zone',
    )
    const floating = await world.until(a.create(Balloon, undefined, { zone: null }))
    expect(floating.zone).to.equal(null)
    expect(floating.owner).to.deep.equal({ id: a.id })
  })

  it('refuses more objects than a client may own, and takes others again when it owns fewer', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { ownedObjects: 3 } } })
    const a = await world.join()
    const one = await world.until(a.create(Balloon))
    await world.until(a.create(Balloon))
    expect((await failureOf(world.until(a.create(Balloon)), Rejected)).reason).to.equal('too-many-objects')
    one.delete()
    await world.until(a.create(Balloon))
    expect(world.server.objects.of(Balloon)).to.have.lengthOf(2)
  })

  it('makes nothing for a client that has gone while the hook decided', async () => {
    const gate = new Gate<boolean>()
    const world = await start({ ...options, server: { ...options.server, onCreateRequest: () => gate.passed } })
    const a = await world.join()
    const wish = failureOf(a.create(Balloon), Disconnected)
    await world.settle()
    a.close()
    await world.until(wish)
    await world.settle()
    gate.open(true)
    await world.settle()
    expect(world.server.objects.size).to.equal(0)
  })

  it('has a draft take first calls and nothing else, and only in create', async () => {
    const world = await start(options)
    const a = await world.join()
    let kept!: Balloon
    const wish = a.create(Balloon, draft => {
      kept = draft
      expect(() => draft.delete()).to.throw(UsageError, 'draft')
      expect(() => draft.enterZone(1)).to.throw(UsageError, 'draft')
      expect(draft.owner).to.equal(null)
    })
    expect(() => kept.send.pop(1)).to.throw(UsageError, 'draft')
    const live = await world.until(wish)
    expect(live).to.not.equal(kept)
    expect(originalOf(world, live).heard).to.be.empty
  })
})
