/** Frames cut at every byte, every message number in every state, and every bit flipped. */
import { expect } from 'chai'
import { closeName } from '../../lib/protocol/close.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { inParallel, Siege, validFrames } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

onEveryWire('cut frames', start => {
  for (const name of [
    'call',
    'references',
    'request',
    'create',
    'watch',
    'fetch',
    'delete',
    'ping',
    'message',
    'question',
  ]) {
    it(`a ${name} cut at any byte closes its sender with malformed and does nothing`, async () => {
      const siege = await Siege.start(start)
      const probe = await siege.intruder()
      const frame = validFrames(siege, probe)[name]!
      probe.raw.abort()
      await inParallel(frame.keys(), async cut => {
        const intruder = await siege.intruder()
        // Its own number of the avatar, where it is part of the frame.
        const own = validFrames(siege, intruder)[name]!
        intruder.raw.send(own.subarray(0, cut))
        expect(closeName(await siege.end(intruder.raw)), `cut at ${cut}`).to.equal('malformed')
      })
      expect(siege.violations.map(({ reason }) => reason)).to.deep.equal(Array(frame.length).fill('malformed'))
      await siege.unharmed()
    })
  }

  for (const name of ['select', 'login']) {
    it(`a ${name} cut at any byte closes its sender with malformed`, async () => {
      const siege = await Siege.start(start)
      const probe = await siege.intruder()
      const frames = validFrames(siege, probe)
      probe.raw.abort()
      await inParallel(frames[name]!.keys(), async cut => {
        const raw = await siege.stranger()
        if (name === 'login') raw.send(frames['select']!)
        raw.send(frames[name]!.subarray(0, cut))
        expect(closeName(await siege.end(raw)), `cut at ${cut}`).to.equal('malformed')
      })
      await siege.unharmed()
    })
  }
})

/** What a frame of a message’s number alone costs, by state. */
function fate(op: number, state: 'silent' | 'selected' | 'active'): string {
  if (op >= 0x40) return 'wrong-direction'
  if (op === Op.Resume && state === 'active') return 'second-hello'
  const cut = ([Op.Close, Op.Ping, Op.Pong, Op.Select, Op.Query] as readonly number[]).includes(op)
  if (cut || state === 'active') return 'malformed'
  if (([Op.Login, Op.Resume, Op.Ticket] as readonly number[]).includes(op) && state === 'selected') return 'malformed'
  return 'no-login'
}

onEveryWire('every message number', start => {
  for (const state of ['silent', 'selected', 'active'] as const) {
    it(`alone in a frame, from a ${state} connection, ends it with what it deserves`, async () => {
      const siege = await Siege.start(start)
      await inParallel(Array(256).keys(), async op => {
        const raw = state === 'active' ? (await siege.intruder()).raw : await siege.stranger()
        if (state === 'selected') raw.select(siege.world.server.schemaHash)
        raw.send(Uint8Array.of(op))
        expect(closeName(await siege.end(raw)), `0x${op.toString(16)}`).to.equal(fate(op, state))
      })
      await siege.unharmed()
    })
  }
})

onEveryWire('flipped bits', start => {
  it('of good frames cost at most their sender its connection', async () => {
    const siege = await Siege.start(start)
    let intruder = await siege.intruder()
    let sent = 0
    for (const name of Object.keys(validFrames(siege, intruder))) {
      for (let bit = 0; bit < validFrames(siege, intruder)[name]!.length * 8; bit++) {
        const frame = validFrames(siege, intruder)[name]!
        frame[bit >> 3]! ^= 1 << (bit & 7)
        intruder.raw.send(frame)
        sent++
        await siege.heard(intruder.raw)
        if (!intruder.connected) intruder = await siege.intruder()
      }
    }
    expect(sent).to.be.greaterThan(700)
    expect(siege.violations.length).to.be.greaterThan(100)
    if (intruder.connected) intruder.raw.abort()
    await siege.unharmed()
  })
})
