/** Random and mutated frames from a server: a client closes with malformed, and nothing comes out of its connection. Seeded. */
import { expect } from 'chai'
import type { Client } from 'fieldcast/client'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { settled } from '../../lib/harness/virtual-clock.ts'
import type { Channel } from '../../lib/link/transport.ts'
import { mutated, randomFrame } from '../support/noise.ts'
import { type Answer, Fake, honestTrace, type Puppet } from '../support/puppets.ts'
import { sendOn } from '../support/siege.ts'

async function bombard(answer: Answer, random: Random, frames: number, next: () => Uint8Array): Promise<Fake> {
  const fake = new Fake()
  const note = (fault: unknown): void => void fake.faults.push(fault)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    await fake.listen()
    let client: Client<Puppet> | null = null
    let channel: Channel | null = null
    for (let sent = 0; sent < frames; ) {
      if (!client?.connected) ({ client, channel } = await fake.connect(answer.welcome))
      // What a game does goes on meanwhile: its promises must be answered too.
      const asked = client.avatar.send.ask(1).catch(() => {})
      const wished = client.zones.add(9).catch(() => {})
      for (let i = 0; i < 4 && sent < frames; i++, sent++) {
        sendOn(channel!, next())
        if (random.number() < 0.3) sendOn(channel!, answer.later[sent % answer.later.length]!)
      }
      await settled()
      if (!client.connected) await Promise.all([asked, wished])
    }
    channel!.abort()
    await settled()
    // Requests of the last client, which it closed in the end.
    await fake.clock.advance(60_000)
    expect(client!.connected).to.equal(false)
    expect(fake.faults).to.deep.equal([])
    expect(fake.clock.pending).to.equal(0)
    return fake
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
}

describe('10,000 frames from a server', () => {
  let answer: Answer
  before(async () => {
    answer = await honestTrace()
  })

  it('of random bytes: the client closes with malformed', async () => {
    const random = seededRandom(11)
    const { reasons } = await bombard(answer, random, 10_000, () => randomFrame(random))
    expect(reasons.get('malformed')).to.be.greaterThan(1000)
  })

  it('that good ones were mutated into: the client closes with malformed, or takes them for what they have become', async () => {
    const random = seededRandom(12)
    const { reasons } = await bombard(answer, random, 10_000, () => mutated(answer.later, random))
    expect(reasons.get('malformed')).to.be.greaterThan(1000)
  })

  it('cut at every byte: the client closes with malformed, unless whole messages are left', async () => {
    const fake = new Fake()
    await fake.listen()
    let cuts = 0
    for (const frame of answer.later) {
      for (let cut = 1; cut < frame.length; cut++, cuts++) {
        const { client, channel } = await fake.connect(answer.welcome, false)
        sendOn(channel, frame.subarray(0, cut))
        await settled()
        channel.abort()
        await settled()
        expect(client.connected).to.equal(false)
      }
    }
    expect(fake.faults).to.deep.equal([])
    expect(fake.reasons.get('malformed')).to.be.greaterThan(cuts / 2)
    expect([...fake.reasons.keys()].sort()).to.deep.equal(['lost', 'malformed'])
  })

  it('instead of a welcome: connect rejects, and the connection is closed', async () => {
    const random = seededRandom(13)
    const fake = new Fake()
    await fake.listen()
    for (let i = 0; i < 500; i++) {
      const connecting = fake.connect([
        i % 2 ? mutated(answer.welcome, random) : randomFrame(random),
        randomFrame(random),
      ])
      const outcome = connecting.then(
        ({ client }) => client.close(),
        (error: Error) => error,
      )
      await settled()
      await fake.clock.advance(60_000)
      await outcome
    }
    expect(fake.faults).to.deep.equal([])
    expect(fake.clock.pending).to.equal(0)
  })
})
