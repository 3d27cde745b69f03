/** A server that answers a login with what no honest one says then: connect() rejects, and nothing comes out of the connection. */
import { expect } from 'chai'
import { networkClass, Registry } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { Writer } from '../../lib/base/bytes.ts'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import * as messages from '../../lib/protocol/messages.ts'
import { memory } from '../../transports/memory.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {}

const words: Record<string, (w: Writer) => void> = {
  'that it goes on with a session': w =>
    messages.putResumed(w, { token: 'abc', heard: 0, sent: 0, fresh: false, serverTime: 0 }),
  'where to go on': w => messages.putTransfer(w, { url: 'ws://elsewhere', ticket: 'abc' }),
}

describe('A server that answers a login', () => {
  for (const [what, put] of Object.entries(words))
    it(`with ${what} is left as malformed`, async () => {
      const clock = new VirtualClock()
      const wire = memory({ clock })
      const say = (channel: Channel, write: (w: Writer) => void): void => {
        const w = new Writer(64)
        write(w)
        channel.send(new Frame(w.slice()))
      }
      let end: number | undefined
      await wire.listen(
        channel => {
          say(channel, w => messages.putHello(w, { library: 'x', motd: '' }))
          return {
            frame: () => say(channel, put),
            end: code => {
              end = code
            },
          }
        },
        { maxFrame: 1 << 20 },
      )
      const faults: unknown[] = []
      const note = (fault: unknown): void => void faults.push(fault)
      process.on('uncaughtException', note)
      process.on('unhandledRejection', note)
      try {
        const outcome = connect('memory:', { classes: [Player], transport: wire, clock }).then(
          () => 'connected',
          error => (error as Error).message,
        )
        await clock.advance(12_000)
        expect(faults).to.deep.equal([])
        expect(await outcome).to.include('malformed')
        expect(end).to.equal(39)
      } finally {
        process.off('uncaughtException', note)
        process.off('unhandledRejection', note)
      }
    })
})
