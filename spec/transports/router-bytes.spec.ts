/** The bytes of a link as docs/routers.md has them, and datagrams, which may be forged where frames may not. */
import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type MemoryWire, memory } from '../../transports/memory.ts'
import { getRuns, longestList, putRuns } from '../../transports/router/wire.ts'
import { routed } from '../../transports/router.ts'
import { frameOf, opening, RawLink } from './raw-link.ts'
import { Bench, turns } from './recorder.ts'
import { secret } from './router-bench.ts'

describe('a list of players', () => {
  const read = (bytes: Uint8Array, last: number): number[] => {
    const ids: number[] = []
    const r = new Reader(bytes)
    getRuns(r, last, id => ids.push(id))
    r.finish()
    return ids
  }
  const written = (ids: readonly number[], from: number): { bytes: Uint8Array; next: number } => {
    const runs = new Writer()
    const next = putRuns(runs, ids, from, ids.length)
    const w = new Writer()
    w.varint(runs.position)
    w.raw(runs.slice())
    return { bytes: w.slice(), next }
  }

  it('is read as it was written, in as many parts as its length needs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6_000 }), numbers => {
        const ids = numbers.sort((a, b) => a - b)
        const all: number[] = []
        for (let at = 0; at < ids.length; ) {
          const { bytes, next } = written(ids, at)
          expect(bytes.length).to.be.at.most(longestList + 32)
          all.push(...read(bytes, 100_000))
          at = next
        }
        expect(all).to.deep.equal(ids)
      }),
      { numRuns: 20 },
    )
    const scattered = Array.from({ length: 20_000 }, (_, i) => 2 * i + 1)
    expect(written(scattered, 0).next).to.be.within(1, scattered.length - 1)
  })

  it('of neighbours takes a run', () => {
    const { bytes } = written([5, 6, 7, 8, 20, 21], 0)
    expect([...bytes]).to.deep.equal([4, 5, 3, 11, 1])
  })

  it('made of any bytes is read or refused, and names nobody twice nor anybody above the newest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        try {
          const ids = read(bytes, 1000)
          expect(ids.every((id, i) => id <= 1000 && (i === 0 || id > ids[i - 1]!))).to.equal(true)
        } catch (error) {
          expect(error).to.be.instanceOf(MalformedError)
        }
      }),
    )
  })
})

describe('the bytes of a link', () => {
  let wire: MemoryWire
  let bench: Bench
  let link: RawLink

  beforeEach(async () => {
    wire = memory({ datagrams: true })
    bench = new Bench(routed(wire, { secret }), wire)
    await bench.listen()
    link = await RawLink.dial(wire, bench.url)
  })
  afterEach(() => bench.listener.close())

  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

  it('are those of the documentation', async () => {
    const theirs = await link.theirNonce()
    expect(hex(link.heard.frames[0]!)).to.equal(`0066636c6b0101${hex(theirs)}`)
    const mine = '07'.repeat(32)
    link.say(fromHex(`0066636c6b0100${mine}`))
    const proof = (role: string): string =>
      createHmac('sha256', secret)
        .update(`fieldcast link 1 ${role}\n`)
        .update(fromHex(mine))
        .update(theirs)
        .digest('hex')
    link.say(fromHex(`01${proof('router')}`))
    await link.heard.has(2)
    expect(hex(link.heard.frames[1]!)).to.equal(`01${proof('server')}`)
    // Three players come, the second by a wire with datagrams of 1,000 bytes; the first says 0102.
    link.say(fromHex('20 01 00 07 312e322e332e34'), fromHex('20 01 e807 00'), fromHex('20 00 00 00'))
    link.say(fromHex('10 01 02 0102'), fromHex('11 02 01 09'), fromHex('03'))
    const [a, b, c] = [await bench.arrival(0), await bench.arrival(1), await bench.arrival(2)]
    await Promise.all([a.has(1), b.until(() => b.datagrams.length === 1)])
    expect(
      [a, b, c].map(({ channel }) => [channel.address, channel.network, channel.datagrams?.maxSize]),
    ).to.deep.equal([
      ['1.2.3.4', true, undefined],
      ['', true, 1000],
      ['', false, undefined],
    ])
    expect([a.frames, b.datagrams]).to.deep.equal([[fromHex('0102')], [fromHex('09')]])
    await link.heard.has(3)
    expect(hex(link.heard.frames[2]!)).to.equal('04')
    const shared = new Frame(fromHex('aabb'))
    for (const { channel } of [a, b, c]) channel.send(shared)
    c.send(5)
    c.channel.close(CloseReason.kicked, 'out')
    b.channel.abort()
    await link.heard.has(4)
    expect(hex(link.heard.frames[3]!)).to.equal('12020102' + '02aabb' + '10030105' + '140304036f7574' + '1502' + '03')
    expect(a.channel.buffered).to.equal(2)
    link.say(fromHex('05 01 e807'), fromHex('04'))
    await turns()
    expect(a.channel.buffered).to.equal(1000)
    link.say(fromHex('05 01 00'), fromHex('21 03 04 03 6f7574'))
    await c.ended()
    expect(a.channel.buffered).to.equal(0)
    expect(c.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
  })

  it('that come as datagrams may be nonsense, early or late, and end nothing', async () => {
    await link.prove()
    await link.heard.has(2)
    const { datagrams } = link.heard.channel
    const player = (id: number): Uint8Array => fromHex(`11 0${id} 01 07`)
    datagrams!.send(new Frame(player(1)))
    await turns(3)
    link.say(opening('1.2.3.4'))
    const server = await bench.arrival(0)
    for (const bytes of [
      '',
      '7f',
      '11',
      '1101',
      '110105',
      '110005',
      '119a0505',
      '130101',
      '100101ff',
      '2100',
      '03',
      '04',
      '20000000',
    ])
      datagrams!.send(new Frame(fromHex(bytes)))
    datagrams!.send(new Frame(player(1)))
    await server.until(() => server.datagrams.length === 1)
    link.say(frameOf(1, 3))
    await server.has(1)
    expect([server.frames, server.datagrams]).to.deep.equal([[fromHex('03')], [fromHex('07')]])
    expect([server.ends, link.heard.ends, bench.servers.length]).to.deep.equal([[], [], 1])
    expect(link.heard.frames).to.have.length(2)
  })

  it('of datagrams for many go once, as a datagram of the link', async () => {
    await link.prove()
    await link.heard.has(2)
    link.say(fromHex('20 01 e807 00'), fromHex('20 01 e807 00'))
    const players = [await bench.arrival(0), await bench.arrival(1)]
    const shared = new Frame(fromHex('aabb'))
    for (const { channel } of players) channel.datagrams!.send(shared)
    for (const { channel } of players) channel.datagrams!.send(new Frame(new Uint8Array(1001)))
    await link.heard.until(() => link.heard.datagrams.length === 1)
    await turns()
    expect(link.heard.datagrams.map(hex)).to.deep.equal(['1302010102aabb'])
    expect(link.heard.frames).to.have.length(2)
  })
})
