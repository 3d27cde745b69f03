/** Byte streams against those who break their rules: nothing reaches the game, nothing grows. docs/streams.md. */
import { expect } from 'chai'
import { varint } from 'fieldcast'
import { type ByteStream, defineMessage, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import type { Writer } from '../../lib/base/bytes.ts'
import { Inner } from '../../lib/messages/envelope.ts'
import { longestAhead, Said, toll, windowCost } from '../../lib/messages/streams/wire.ts'
import { all, errorOf, noise, unlimited, writeAll } from './streams-kit.ts'

const Thing = defineMessage('thing', { n: varint }, { id: 64 })
const talk = messages([Thing])

/** @param mute the client hears nothing of what it says by hand. */
async function setUp(violations: 'close' | 'ignore' = 'close', mute = true) {
  const world = await World.start({
    server: { classes: [], messages: talk, violations, limits: { ...unlimited, standing: false } },
    client: { classes: [], messages: talk },
    latency: 5,
  })
  const told: string[] = []
  const opened: ByteStream[] = []
  world.server.on('violation', ({ reason, detail }) => void told.push(`${reason} ${detail}`))
  world.server.messages.onStream(Thing, (_, stream) => void opened.push(stream))
  const client = await world.join()
  client.on('close', () => {})
  if (mute) client.messages.hub.parts.set(Inner.stream, () => {})
  const say = (said: number, ...numbers: (number | Uint8Array)[]): void => {
    client.messages.talk.tell(Inner.stream, (w: Writer) => {
      w.u8(said)
      for (const part of numbers) {
        if (typeof part === 'number') w.varint(part)
        else w.raw(part)
      }
    })
  }
  const open = (number: number): void => say(Said.open, number, windowCost, 64, 1)
  return { world, client, told, opened, say, open }
}

type Setting = Awaited<ReturnType<typeof setUp>>
const byte = new Uint8Array(1)
const text = new Uint8Array([1, 120])

const cases: readonly [string, string, (setting: Setting) => void][] = [
  ['data of a number that was never opened', 'malformed', ({ say }) => say(Said.data, 1, 0, byte)],
  ['data of the number 0', 'malformed', ({ say }) => say(Said.data, 0, 0, byte)],
  ['an end of what was never opened', 'malformed', ({ say }) => say(Said.end, 9, 0)],
  ['credit for what was never opened', 'malformed', ({ say }) => say(Said.credit, 3, 100)],
  ['an abort of what was never opened', 'malformed', ({ say }) => say(Said.abort, 3, 3, text)],
  ['a number of the other side', 'malformed', ({ open }) => open(2)],
  ['a number that was opened before', 'malformed', ({ open }) => [open(1), open(1)]],
  ['a number below the last', 'malformed', ({ open }) => [open(5), open(3)]],
  [
    'data beyond its credit',
    'malformed',
    ({ open, say }) => [open(1), say(Said.data, 1, 0, new Uint8Array(windowCost))],
  ],
  [
    'data that overlaps',
    'malformed',
    ({ open, say }) => [open(1), say(Said.data, 1, 0, byte), say(Said.data, 1, 0, byte)],
  ],
  ['an empty piece', 'malformed', ({ open, say }) => [open(1), say(Said.data, 1, 0)]],
  ['data after its end', 'malformed', ({ open, say }) => [open(1), say(Said.end, 1, 0), say(Said.data, 1, 0, byte)]],
  ['two ends', 'malformed', ({ open, say }) => [open(1), say(Said.end, 1, 0), say(Said.end, 1, 0)]],
  [
    'an end before what has come',
    'malformed',
    ({ open, say }) => [open(1), say(Said.data, 1, 0, byte), say(Said.end, 1, 0)],
  ],
  ['an end beyond its credit', 'malformed', ({ open, say }) => [open(1), say(Said.end, 1, windowCost * 2)]],
  ['credit that overflows', 'malformed', ({ open, say }) => [open(1), say(Said.credit, 1, longestAhead + 1)]],
  ['credit that shrinks', 'malformed', ({ open, say }) => [open(1), say(Said.credit, 1, windowCost - 1)]],
  ['half of a credit', 'malformed', ({ open, say }) => [open(1), say(Said.credit, 1)]],
  ['credit at once that overflows', 'malformed', ({ say }) => say(Said.open, 1, longestAhead + 1, 64, 1)],
  ['an accept of one’s own', 'malformed', ({ open, say }) => [open(1), say(Said.accept, 1, 10)]],
  ['an abort of no way', 'malformed', ({ open, say }) => [open(1), say(Said.abort, 1, 0, text)]],
  ['an abort with too much behind it', 'malformed', ({ open, say }) => [open(1), say(Said.abort, 1, 3, text, byte)]],
  ['a word that nobody knows', 'malformed', ({ open, say }) => [open(1), say(9, 1)]],
  ['nothing at all', 'malformed', ({ client }) => client.messages.talk.tell(Inner.stream, () => {})],
  ['losses that were none', 'malformed', ({ say }) => say(Said.afresh, 1)],
  ['a head that is none', 'bad-arguments', ({ say }) => say(Said.open, 1, 0, 64)],
  ['33 streams at once', 'rate', ({ open }) => Array.from({ length: 33 }, (_, i) => open(i * 2 + 1))],
]

describe('Byte streams of a hostile client', () => {
  for (const [what, reason, act] of cases)
    it(`${what}: ${reason}`, async () => {
      const setting = await setUp()
      act(setting)
      await setting.world.settle()
      expect(setting.told.map(one => one.split(' ')[0])).to.deep.equal([reason])
      expect(setting.client.connected).to.equal(false)
      await setting.world.stop()
    })

  it('where violations are ignored, harm nobody but their own stream', async () => {
    for (const [what, , act] of cases) {
      const setting = await setUp('ignore')
      act(setting)
      await setting.world.settle()
      expect(setting.told, what).to.have.length(1)
      expect(setting.client.connected, what).to.equal(true)
      await setting.world.stop()
    }
  })

  it('late words of a stream that has ended are no fault', async () => {
    const { world, opened, say, open, told } = await setUp()
    open(1)
    await world.settle()
    opened[0]!.abort()
    say(Said.abort, 1, 1, text)
    await world.settle()
    say(Said.credit, 1, 5)
    say(Said.abort, 1, 3, text)
    await world.settle()
    expect(told).to.deep.equal([])
    await world.stop()
  })

  it('a piece that is missing aborts the stream, and nothing behind it is read', async () => {
    const { world, opened, say, open, told } = await setUp()
    open(1)
    await world.settle()
    const read = errorOf(all(opened[0]!.readable))
    say(Said.data, 1, 0, byte)
    say(Said.data, 1, 2 * (toll + 1), byte)
    await world.settle()
    expect(await world.until(read)).to.include({ code: 'rejected', reason: 'incomplete' })
    expect(told).to.deep.equal([])
    await world.stop()
  })

  it('what stops reading gets nothing, and holds up nobody', async () => {
    const { world, client, say } = await setUp('close', false)
    client.messages.onStream(Thing, () => {})
    const remote = world.server.clients.get(client.id)!
    const stream = await world.until(remote.messages.open(Thing, { n: 1 }))
    let written = 0
    const writer = stream.writable.getWriter()
    const write = async (): Promise<void> => {
      for (;;) {
        await writer.write(noise(10_000))
        written += 10_000
      }
    }
    const writing = errorOf(write())
    await world.run(10_000)
    // The window, what this side holds, and the chunk that waits.
    expect(written).to.be.within(200 << 10, windowCost + (64 << 10))
    say(Said.abort, 2, 2, text)
    expect(await world.until(writing)).to.include({ reason: 'x' })
    await world.stop()
  })

  it('who may not send a message may not open a stream with it', async () => {
    const plan = messages([Thing], { authorize: () => false })
    const world = await World.start({
      server: { classes: [], messages: plan, violations: 'ignore' },
      client: { classes: [], messages: talk },
    })
    const told: string[] = []
    world.server.on('violation', ({ reason }) => void told.push(reason))
    world.server.messages.onStream(Thing, () => expect.fail('it ran'))
    const client = await world.join()
    const error = await world.until(errorOf(client.messages.open(Thing, { n: 1 })))
    expect(error).to.include({ code: 'rejected', reason: 'no-permission' })
    expect(told).to.deep.equal(['no-permission'])
    await world.stop()
  })

  it('a quarantined client’s streams are aborted, not left with a hole', async () => {
    const world = await World.start({
      server: {
        classes: [],
        messages: talk,
        violations: 'ignore',
        limits: { standing: { quarantined: 5, slowed: 1 } },
      },
      client: { classes: [], messages: talk },
      latency: 5,
    })
    const opened: ByteStream[] = []
    world.server.messages.onStream(Thing, (_, stream) => void opened.push(stream))
    const client = await world.join()
    const stream = await world.until(client.messages.open(Thing, { n: 1 }))
    client.messages.talk.tell(Inner.stream, w => w.u8(77))
    await world.settle()
    const read = errorOf(all(opened[0]!.readable))
    const written = errorOf(writeAll(stream, noise(500_000)))
    expect(await world.until(read)).to.include({ reason: 'quarantined' })
    expect(await world.until(written)).to.include({ reason: 'quarantined' })
    expect(await world.until(errorOf(client.messages.open(Thing, { n: 1 })))).to.include({ reason: 'quarantined' })
    await world.stop()
  })
})
