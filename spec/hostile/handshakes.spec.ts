/** Handshakes that are doubled, reordered, overtaken or never finished. Rules 28 and 30 of docs/guarantees.md. */
import { expect } from 'chai'
import { Reject } from 'fieldcast'
import { closeName } from '../../lib/protocol/close.ts'
import { putLogin, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { written } from '../support/intruder.ts'
import { Gate } from '../support/outcome.ts'
import { camp, Siege } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

const select = (siege: Siege): Uint8Array =>
  written(w => putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: siege.world.server.schemaHash }))
const login = written(w => putLogin(w, '"eve"'))
const call = Uint8Array.of(Op.Call, 0, 1, 0)
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]))

onEveryWire('ill handshakes', start => {
  const orders: [string, (siege: Siege) => Uint8Array[], string][] = [
    ['two selects', s => [select(s), select(s)], 'second-hello'],
    ['two selects and a login in one frame', s => [joined(select(s), select(s), login)], 'second-hello'],
    ['a login before the select', s => [login, select(s)], 'no-login'],
    ['a login before the select in one frame', s => [joined(login, select(s))], 'no-login'],
    ['two logins', s => [select(s), login, login], 'second-hello'],
    ['two logins in one frame', s => [joined(select(s), login, login)], 'second-hello'],
    ['a select after the login', s => [joined(select(s), login, select(s))], 'second-hello'],
    ['a call between select and login', s => [joined(select(s), call, login)], 'no-login'],
    ['a login without an end', s => [joined(select(s), login.subarray(0, 3))], 'malformed'],
  ]
  for (const [what, frames, reason] of orders) {
    it(`${what}: the connection is closed with ${reason}`, async () => {
      const siege = await Siege.start(start)
      const raw = await siege.stranger()
      for (const frame of frames(siege)) raw.send(frame)
      expect(closeName(await siege.end(raw))).to.equal(reason)
      expect(siege.violations.map(violation => violation.reason)).to.deep.equal([reason])
      await siege.unharmed()
    })
  }

  it('everything in one frame, in order, is a good handshake; what follows the login in it is heard', async () => {
    const siege = await Siege.start(start)
    const raw = await siege.stranger()
    const fetch = written(w => (w.u8(Op.Fetch), w.varint(siege.tent.id)))
    raw.send(joined(select(siege), login, fetch))
    await siege.heard(raw)
    expect(raw.frames.some(frame => frame[0] === Op.Welcome)).to.equal(true)
    expect(siege.violations).to.be.empty
    raw.abort()
    await siege.unharmed()
  })

  it('a call while the login is being decided closes with no-login; the login, when it comes, changes nothing', async () => {
    for (const [frame, reason] of [
      [call, 'no-login'],
      [login, 'second-hello'],
      [null, 'second-hello'],
      [Uint8Array.of(Op.Welcome), 'wrong-direction'],
    ] as const) {
      const gate = new Gate<{ zone: number }>()
      const siege = await Siege.start(start, {
        login: (credentials: unknown) => (credentials === 'honest' ? { zone: 0 } : gate.passed),
      })
      const raw = await siege.stranger()
      raw.send(joined(select(siege), login))
      raw.send(frame ?? select(siege))
      expect(closeName(await siege.end(raw))).to.equal(reason)
      gate.open({ zone: camp })
      await siege.unharmed()
    }
  })

  it('a client that vanishes while its login is being decided leaves nothing behind', async () => {
    const gate = new Gate<{ zone: number }>()
    const siege = await Siege.start(start, {
      login: (credentials: unknown) => (credentials === 'honest' ? { zone: 0 } : gate.passed),
    })
    const closed = new Promise<void>(resolve => siege.world.server.on('close', () => resolve()))
    const raw = await siege.stranger()
    raw.send(joined(select(siege), login))
    await siege.heard(raw)
    raw.abort()
    await siege.world.until(closed)
    gate.open({ zone: camp })
    await siege.unharmed()
  })

  it('a login that is refused late closes with invalid-login and the game’s reason', async () => {
    const gate = new Gate()
    const siege = await Siege.start(start, {
      login: async (credentials: unknown) => {
        if (credentials === 'honest') return { zone: 0 }
        await gate.passed
        throw new Reject('banned')
      },
    })
    const raw = await siege.stranger()
    raw.send(joined(select(siege), login))
    await siege.heard(raw)
    expect(raw.ended).to.equal(null)
    gate.open()
    expect(closeName(await siege.end(raw))).to.equal('invalid-login')
    expect(raw.closed!.text).to.equal('banned')
    await siege.unharmed()
  })

  it('connections that say nothing at all are closed in time, and take no others’ place', async () => {
    const siege = await Siege.start(start, { limits: { handshakeMs: 30 } })
    const silent = await Promise.all(Array.from({ length: 20 }, () => siege.stranger()))
    for (const raw of silent) expect(closeName(await siege.end(raw))).to.equal('handshake-timeout')
    await siege.unharmed()
  })
})
