/** How long a server waits for a client that was lost, where that is very long. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { networkClass, Registry } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { next } from '../support/outcome.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {}

for (const resumeMs of [2 ** 31, Number.POSITIVE_INFINITY])
  describe(`A server that waits ${resumeMs} ms for clients that were lost`, () => {
    it('waits', async () => {
      const wire = memory()
      const classes = [Player]
      const waits: number[] = []
      const clock: Clock = {
        ...systemClock,
        after(ms, task) {
          waits.push(ms)
          return systemClock.after(ms, task)
        },
      }
      const server = createServer({ classes, avatar: Player, transports: [wire], limits: { resumeMs }, clock })
      await server.start()
      const client = await connect('memory:', { classes, transport: wire })
      const [lost, resumed] = [next(client, 'lost'), next(client, 'resumed')]
      wire.cut()
      expect((await lost).windowMs).to.be.above(2 ** 30)
      await resumed
      // Platforms run longer timers at once.
      expect(Math.max(...waits)).to.be.within(2 ** 30, 2 ** 31 - 1)
      client.close()
      await server.stop()
    })
  })
