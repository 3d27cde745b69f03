/** The lag sample, run as its README says. */
import { expect } from 'chai'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/lag', () => {
  let server: Program
  let url: string

  beforeEach(async () => {
    server = start('samples/lag/server.ts', '0')
    url = (await server.line(/ws:\/\/localhost:\d+/))[0]
  })
  afterEach(stopAll)

  it('PS14 LagTime: ten pings, ten round-trip lines, client then disconnects', async () => {
    const client = start('samples/lag/client.ts', url)
    expect(await client.ended).to.equal(0)
    const pings = Array.from({ length: 10 }, (_, i) => `Ping ${i + 1}.`)
    expect(client.lines).to.deep.equal(['Connected.', ...pings, 'Disconnected.'])
    const [, id] = await server.line(/^Client (\d+) has gone\.$/)
    const trips = server.lines.filter(line => line.startsWith(`Client ${id}: round trip`))
    expect(trips).to.have.length(10)
    for (const [i, trip] of trips.entries())
      expect(trip).to.match(new RegExp(`round trip ${i + 1} took \\d+\\.\\d ms\\.$`))
  })

  it('measures several clients, each with a count of its own', async () => {
    const clients = [start('samples/lag/client.ts', url), start('samples/lag/client.ts', url)]
    expect(await Promise.all(clients.map(client => client.ended))).to.deep.equal([0, 0])
    await server.line(/^Client 1 has gone/)
    await server.line(/^Client 2 has gone/)
    expect([server.count(/^Client 1: round trip/), server.count(/^Client 2: round trip/)]).to.deep.equal([10, 10])
  })

  it('says so when a port is taken, or a server is missing', async () => {
    const late = start('samples/lag/server.ts', url.slice(url.lastIndexOf(':') + 1))
    await late.line(/is in use/)
    expect(await late.ended).to.equal(1)
    await server.stop()
    const lonely = start('samples/lag/client.ts', url)
    await lonely.line(/^Cannot connect to .*nobody listens there/)
    expect(await lonely.ended).to.equal(1)
  })
})
