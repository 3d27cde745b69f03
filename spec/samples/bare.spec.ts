/** The bare-minimum sample, run as its README says. */
import { expect } from 'chai'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/bare', () => {
  let server: Program
  let url: string

  before(async () => {
    server = start('samples/bare/server.ts', '0')
    url = (await server.line(/ws:\/\/localhost:\d+/))[0]
  })
  after(stopAll)

  it('LP38 Bare-minimum sample prints the received number on the server and the greeting on the client.', async () => {
    const client = start('samples/bare/client.ts', url)
    const [, id] = await server.line(/^Player (\d+) sent 1234\.$/)
    await client.line(new RegExp(`^Hello, player ${id}! The server has your 1234\\.$`))
  })

  it('makes an object of the local class for its owner, of the remote class for others', async () => {
    const first = start('samples/bare/client.ts', url)
    await first.line(/^Hello, player/)
    const second = start('samples/bare/client.ts', url)
    const [, id] = await second.line(/^Hello, player (\d+)!/)
    await first.line(new RegExp(`^Player ${id} was told: Hello, player ${id}!`))
    expect(first.count(/^Hello/)).to.equal(1)
    expect(second.count(/was told/)).to.equal(0)
  })

  it('says that its port is taken', async () => {
    const port = url.slice(url.lastIndexOf(':') + 1)
    const late = start('samples/bare/server.ts', port)
    await late.line(new RegExp(`port ${port} is in use`))
    expect(await late.ended).to.equal(1)
    expect(late.lines).to.have.length(1)
  })

  it('says that no server is there', async () => {
    const lonely = start('samples/bare/client.ts', 'ws://localhost:1')
    await lonely.line(/^Cannot connect to ws:\/\/localhost:1: nobody listens there/)
    expect(await lonely.ended).to.equal(1)
    expect(lonely.lines).to.have.length(1)
  })

  it('stops at Ctrl+C and tells its clients', async () => {
    const client = start('samples/bare/client.ts', url)
    await client.line(/^Hello/)
    expect(await server.stop()).to.equal(0)
    await client.line(/The server is shutting down/)
    expect(await client.ended).to.equal(0)
  })
})
