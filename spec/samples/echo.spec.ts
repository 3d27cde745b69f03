/** The echo sample, run as its README says. */
import { expect } from 'chai'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/echo', function () {
  // Each test starts several programs.
  this.timeout(60_000)
  let server: Program
  let url: string

  beforeEach(async () => {
    server = start('samples/echo/server.ts', '0')
    url = (await server.line(/ws:\/\/localhost:\d+/))[0]
  })
  afterEach(stopAll)

  async function client(): Promise<Program & { id: string }> {
    const started = start('samples/echo/client.ts', url)
    const [, id] = await started.line(/^Connected to .* as client (\d+)\./)
    return Object.assign(started, { id: id! })
  }

  it('PG21 Echo sample: text comes back; ping line has total and two one-way times; quit closes, stop ends the server.', async () => {
    const [ann, bob, cyd] = await Promise.all([client(), client(), client()])
    ann.write('hello there')
    await ann.line(/^hello there$/)

    ann.write('ping')
    const [, total, there, back] = await ann.line(/^(\d+\.\d\d) ms in all: (\d+\.\d\d) there, (\d+\.\d\d) back$/)
    expect(Number(total)).to.be.above(0)
    expect(Number(there) + Number(back)).to.be.closeTo(Number(total), 0.011)

    bob.write('quit I am tired')
    expect(await bob.ended).to.equal(0)
    await server.line(new RegExp(`^Client ${bob.id} has gone: I am tired$`))
    ann.write('still here')
    await ann.line(/^still here$/)
    expect(bob.count(/hello|still|has ended/)).to.equal(0)

    cyd.write('stop')
    await server.line(new RegExp(`^Client ${cyd.id} stops the server\\.$`))
    expect(await server.ended).to.equal(0)
    for (const left of [ann, cyd]) {
      await left.line(/^The connection has ended: The server is shutting down\.$/)
      expect(await left.ended).to.equal(0)
    }
    expect(cyd.count(/Warning/)).to.equal(0)
  })

  it('gives back any text, and takes for a command what is nothing else', async () => {
    const ann = await client()
    const lines = ['', ' ', 'stop it', 'ping pong', 'quitting time', 'äß 語 🐟', 'x'.repeat(1000)]
    for (const line of lines) ann.write(line)
    ann.write('x'.repeat(1001))
    await ann.line(/^Warning: echo: text: expected text of at most 1000 characters/)
    expect(ann.lines.slice(1, -1)).to.deep.equal(lines)
  })

  it('takes its lines from a pipe, in order', async () => {
    const piped = await client()
    for (const line of ['one', 'ping', 'two']) piped.write(line)
    piped.finish()
    expect(await piped.ended).to.equal(0)
    expect(piped.lines.map(line => line.replace(/^\d.*/, 'ping')).slice(1)).to.deep.equal(['one', 'ping', 'two'])
    await server.line(new RegExp(`^Client ${piped.id} has gone: nothing more to say$`))
  })

  it('lets no control characters through to the terminal of the server', async () => {
    const ann = await client()
    ann.write('quit \u001b[31mred\u202e alert')
    await server.line(new RegExp(`^Client ${ann.id} has gone: \\[31mred alert$`))
  })

  it('lets clients of this machine alone stop the server', async function () {
    const open = start('samples/echo/server.ts', '0', '0.0.0.0')
    const [address] = await open.line(/ws:\/\/[\w.]+:\d+/)
    // A machine without a network.
    if (address.includes('localhost')) return this.skip()
    url = address
    const stranger = await client()
    stranger.write('stop')
    await stranger.line(/^Warning: .*only this machine stops the server/)
    stranger.write('still here')
    await stranger.line(/^still here$/)
    expect(open.count(/^Client .* stops/)).to.equal(0)
  })

  it('ends at Ctrl+C on either side, and says so on the other', async () => {
    const [ann, bob] = await Promise.all([client(), client()])
    expect(await ann.stop()).to.equal(0)
    await server.line(new RegExp(`^Client ${ann.id} has gone: Ctrl\\+C$`))
    expect(await server.stop()).to.equal(0)
    await bob.line(/^The connection has ended: The server is shutting down\.$/)
    expect(await bob.ended).to.equal(0)
  })

  it('says so when a port is taken or none, and when no server is there, or one of another game', async () => {
    const port = url.slice(url.lastIndexOf(':') + 1)
    const faults = [
      [start('samples/echo/server.ts', port), /is in use/],
      [start('samples/echo/server.ts', 'seven'), /^The port is a number, not seven: server\.ts \[port\] \[host\]$/],
      [start('samples/echo/client.ts', 'ws://localhost:1'), /^Cannot connect to .*: nobody listens there/],
      [start('samples/echo/client.ts', 'nowhere'), /^Cannot connect to nowhere: it has no scheme/],
      [start('samples/packet-chat/client.ts', 'ann', url), /: The messages of the two sides differ: .*no message echo/],
    ] as const
    for (const [program, fault] of faults) {
      await program.line(fault)
      expect(await program.ended).to.equal(1)
      expect(program.lines).to.have.length(1)
    }
  })
})
