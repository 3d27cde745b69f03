/** A server that does not keep to the protocol of messages: its client closes with a reason, and nothing comes out of its connection. Rule 34 of docs/guarantees.md. */
import { expect } from 'chai'
import { Disconnected, int32, str } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { defineMessage, messages } from 'fieldcast/messages'
import { VirtualClock } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import type { Writer } from '../../lib/base/bytes.ts'
import { settled } from '../../lib/harness/virtual-clock.ts'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import { putHello, putWelcome } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { written } from '../support/intruder.ts'
import { failureOf, next } from '../support/outcome.ts'

const Say = defineMessage('say', { text: str(20) }, { id: 70 })
const Add = defineMessage('add', { a: int32 }, { id: 71, reply: int32 })
const plan = () => messages([Say, Add])

const told = (put: (w: Writer) => void): Uint8Array => {
  const inner = written(put)
  return written(w => {
    w.u8(Op.Told)
    w.varint(inner.length)
    w.raw(inner)
  })
}

type Named = readonly [id: number, name: string, hash: string]

const namesOf = (list: readonly Named[], count = list.length): Uint8Array =>
  told(w => {
    w.varint(1)
    w.varint(count)
    for (const [id, name, hash] of list) {
      w.varint(id)
      w.text(name)
      w.text(hash)
    }
  })

const honest: readonly Named[] = [
  [70, 'say', Say.hash],
  [71, 'add', Add.hash],
]

/** A server that says what it is given: with its welcome, and afterwards. */
async function joining(
  names: Uint8Array,
  abilities = 2,
): Promise<{ client: Promise<Client>; say(bytes: Uint8Array): void }> {
  const clock = new VirtualClock()
  const wire = memory({ clock })
  let channel: Channel
  await wire.listen(
    opened => {
      channel = opened
      clock.soon(() => channel.send(new Frame(written(w => putHello(w, { library: 'fieldcast/1', motd: '' })))))
      return {
        frame(bytes) {
          if (bytes[0] !== Op.Select) return
          const welcome = { clientId: 1, token: '', windowMs: 0, avatar: 0, zone: null, serverTime: 0, abilities }
          channel.send(new Frame(written(w => (putWelcome(w, welcome), w.raw(names)))))
        },
        end() {},
      }
    },
    { maxFrame: 16 << 20 },
  )
  const client = connect('memory:', { classes: [], messages: plan(), transport: wire, clock } as never)
  client.catch(() => {})
  await settled()
  return { client, say: bytes => channel.send(new Frame(bytes)) }
}

describe('A client of messages at a hostile server', () => {
  for (const [what, names] of [
    ['more messages than there are ids', namesOf([], 1_000_000)],
    ['a million messages', namesOf(Array.from({ length: 1_000_000 }, (_, i) => [i, 'a', ''] as const))],
    ['fewer messages than it counts', namesOf(honest, 3)],
    ['bytes behind its messages', namesOf(honest, 1)],
    ['an id twice', namesOf([...honest, [70, 'other', Say.hash]])],
    ['a name twice', namesOf([...honest, [72, 'say', Say.hash]])],
    ['an id of the library’s', namesOf([...honest, [63, 'other', '']])],
    ['an id beyond the last', namesOf([...honest, [65_536, 'other', '']])],
    ['a name that is too long', namesOf([...honest, [72, 'x'.repeat(101), '']])],
    ['a name with control characters', namesOf([...honest, [72, 'a\u001b[2J', '']])],
    ['a name that is empty', namesOf([...honest, [72, '', '']])],
    ['a hash that is too long', namesOf([[70, 'say', 'f'.repeat(17)]])],
  ] as const) {
    it(`that names ${what} does not connect`, async () => {
      const { client } = await joining(names)
      expect(await failureOf(client, Disconnected)).to.include({ reason: 'malformed' })
    })
  }

  it('that has other messages, or takes none, does not connect, and is told why', async () => {
    const other = await joining(
      namesOf([
        [70, 'say', '0'.repeat(16)],
        [99, '__proto__', ''],
      ]),
    )
    const failure = await failureOf(other.client, Disconnected)
    expect(failure).to.include({ reason: 'message-mismatch' })
    expect(failure.message).to.include('say has other fields at the server; this client has no message __proto__')
    const none = await joining(new Uint8Array(0), 0)
    expect(await failureOf(none.client, Disconnected)).to.include({ reason: 'message-mismatch' })
  })

  for (const [what, bytes] of [
    ['a message that is cut', told(w => (w.varint(70), w.varint(5)))],
    ['a message with bytes behind it', told(w => (w.varint(70), w.text('a'), w.u8(0)))],
    ['a message that is longer than its frame', Uint8Array.of(Op.Told, 9, 70)],
    ['an id of the library’s that is nothing', told(w => w.varint(62))],
    ['a question without a message', told(w => (w.varint(2), w.varint(1)))],
  ] as const) {
    it(`closes with malformed at ${what}`, async () => {
      const { client: joined, say } = await joining(namesOf(honest))
      const client = await joined
      const asked = failureOf(client.messages.ask(Add, { a: 1 }), Disconnected)
      const closed = next(client, 'close')
      say(bytes)
      expect(await closed).to.include({ reason: 'malformed' })
      await asked
    })
  }

  it('closes at a reply of another type, whose question is rejected', async () => {
    const { client: joined, say } = await joining(namesOf(honest))
    const client = await joined
    const asked = client.messages.ask(Add, { a: 1 }).catch(error => error)
    const closed = next(client, 'close')
    say(told(w => (w.varint(3), w.varint(1), w.text('seven'))))
    expect(await closed).to.include({ reason: 'malformed' })
    expect(await asked).to.include({ code: 'rejected', reason: 'bad-arguments' })
  })

  it('goes on at messages that it does not know, and at answers to what it has not asked', async () => {
    const { client: joined, say } = await joining(namesOf(honest))
    const client = await joined
    const events: string[] = []
    client.messages.onEvent('unknown', ({ id }) => events.push(`unknown ${id}`))
    client.messages.on(Say, ({ text }) => void events.push(text))
    say(told(w => w.varint(2 ** 50)))
    say(told(w => (w.varint(3), w.varint(9), w.text('what'))))
    say(told(w => (w.varint(4), w.varint(9), w.text('no'))))
    say(told(w => (w.varint(70), w.text('hello'))))
    await settled()
    expect(events).to.deep.equal([`unknown ${2 ** 50}`, 'hello'])
    expect(client.connected).to.equal(true)
    client.close()
  })
})
