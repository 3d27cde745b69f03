/** Queries that no honest asker makes. Rules 28 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Reader, type Writer } from '../../lib/base/bytes.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { getInfo, infoBytes, putQuery, putSelect, queryBytes } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { holds, written } from '../support/intruder.ts'
import type { RawClient } from '../support/raw-client.ts'
import { Siege } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

const ask = (json = 'null') => written(w => putQuery(w, { time: 1, json }))
const info = (raw: RawClient): Uint8Array | undefined => raw.frames.find(frame => frame[0] === Op.Info)
const select = (siege: Siege) => (w: Writer) =>
  putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: siege.world.server.schemaHash })

onEveryWire('ill queries', start => {
  it('that come twice are answered once: the connection is over by then', async () => {
    const siege = await Siege.start(start)
    const raw = await siege.stranger()
    raw.send(Uint8Array.from([...ask(), ...ask()]))
    raw.send(ask())
    expect(closeName(await siege.end(raw))).to.equal('normal')
    expect(raw.frames.filter(frame => frame[0] === Op.Info)).to.have.length(1)
    expect(siege.violations).to.deep.equal([])
    await siege.unharmed()
  })

  it('behind a select, a login or a welcome end the connection with second-hello', async () => {
    const siege = await Siege.start(start)
    const raw = await siege.stranger()
    raw.write(select(siege))
    raw.send(ask())
    expect(closeName(await siege.end(raw))).to.equal('second-hello')
    const intruder = await siege.intruder()
    intruder.raw.send(ask())
    expect(closeName(await siege.end(intruder.raw))).to.equal('second-hello')
    expect(info(raw) ?? info(intruder.raw)).to.equal(undefined)
    await siege.unharmed()
  })

  it('with data beyond the limit, or cut anywhere, end it with malformed', async () => {
    const siege = await Siege.start(start)
    const good = ask('{"a":1}')
    const bad = [
      ask('x'.repeat(queryBytes + 1)),
      ...Array.from(good, (_, end) => good.subarray(0, end + 1)).slice(0, -1),
    ]
    for (const bytes of bad) {
      const raw = await siege.stranger()
      raw.send(bytes)
      expect(closeName(await siege.end(raw))).to.equal('malformed')
      expect(info(raw)).to.equal(undefined)
    }
    await siege.unharmed()
  })

  it('whose data are no JSON are answered; the game is told null', async () => {
    const told: unknown[] = []
    const siege = await Siege.start(start, { info: ({ data }) => (told.push(data), {}) })
    for (const json of ['', '{', '[[['.repeat(300), '{"__proto__":{"x":1}}']) {
      const raw = await siege.stranger()
      raw.send(ask(json))
      expect(closeName(await siege.end(raw))).to.equal('normal')
      expect(getInfo(new Reader(info(raw)!.subarray(1))).query.json).to.equal(json)
    }
    expect(told.slice(0, 3)).to.deep.equal([null, null, null])
    expect((told[3] as { x?: unknown }).x).to.equal(undefined)
    await siege.unharmed()
  })

  it('learn nothing of who plays, and get no more than a bound', async () => {
    const siege = await Siege.start(start, {
      login: credentials => ({
        id: `account-${String(credentials)}`,
        zone: credentials === 'honest' ? 0 : 50,
        data: 'secret',
      }),
      info: { list: 'x'.repeat(infoBytes - 20) },
      name: 'é'.repeat(256),
    })
    const raw = await siege.stranger()
    raw.send(ask('"'.padEnd(queryBytes - 1, 'y').concat('"')))
    await siege.end(raw)
    const answer = info(raw)!
    expect(answer.length).to.be.within(infoBytes + queryBytes, infoBytes + queryBytes + 700)
    for (const secret of ['account', 'honest', 'secret', '127.0.0.1', siege.world.server.schemaHash])
      expect(holds(answer, secret), secret).to.equal(false)
    await siege.unharmed()
  })
})

describe('connections beyond the number of their address', () => {
  onEveryWire('are for queries', start => {
    it('and nothing else: a login ends with too-many-connections, and so does silence', async function () {
      this.timeout(15_000)
      if (!this.test!.titlePath().join(' ').includes('websocket')) this.skip()
      const siege = await Siege.start(start, { limits: { connectionsPerAddress: 2 } })
      const other = await siege.stranger()
      await siege.heard(other)
      const login = await siege.stranger()
      login.write(select(siege))
      login.login('eve')
      expect(closeName(await siege.end(login))).to.equal('too-many-connections')
      const query = await siege.stranger()
      query.send(ask())
      expect(closeName(await siege.end(query))).to.equal('normal')
      expect(info(query)).not.to.equal(undefined)
      const silent = [await siege.stranger(), await siege.stranger(), await siege.stranger(), await siege.stranger()]
      const fifth = await siege.stranger()
      // Refused before its first byte.
      expect(closeName(await siege.end(fifth))).to.equal('too-many-connections')
      expect(fifth.frames).to.deep.equal([])
      for (const raw of silent) expect(closeName(await siege.end(raw))).to.equal('too-many-connections')
      other.abort()
      await siege.unharmed()
    })
  })
})
