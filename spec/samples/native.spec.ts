/** One game over a wire inside the process, over sockets, and over both at once, run as its README says. */

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Program, start, stopAll } from '../support/process.ts'

const sample = (name: string): string => `samples/native/${name}.ts`

/** Plays to the end of one game by halves; gives the number and how many guesses it took. */
async function find(player: Program): Promise<{ number: number; guesses: number }> {
  let [low, high] = [1, 100]
  for (let guesses = 1; low <= high; guesses++) {
    const number = (low + high) >> 1
    player.write(`${number}`)
    const [, answer] = await player.line(new RegExp(`^${number}: (higher|lower|right)$`))
    if (answer === 'right') return { number, guesses }
    if (answer === 'higher') low = number + 1
    else high = number - 1
  }
  throw new Error(`No number is right. It said:\n${player.lines.join('\n')}`)
}

describe('samples/native', function () {
  // Each test starts several programs.
  this.timeout(60_000)
  afterEach(stopAll)

  /** A game of both kinds of players, the local one in the server's process. */
  async function host(): Promise<{ local: Program; url: string }> {
    const local = start(sample('host'), '0')
    const [, url] = await local.line(/^Others join by: join\.ts (ws:\/\/localhost:\d+)$/)
    await local.line(/^You are player 1, by memory:\./)
    return { local, url: url! }
  }

  async function join(url: string): Promise<Program & { id: string }> {
    const remote = start(sample('join'), url)
    const [, id] = await remote.line(/^You are player (\d+), by ws:/)
    return Object.assign(remote, { id: id! })
  }

  it('plays in one process over the wire inside it', async () => {
    const solo = start(sample('solo'))
    await solo.line(/^You are player 1, by memory:\. A number from 1 to 100, or quit\?$/)
    const { number, guesses } = await find(solo)
    await solo.line(new RegExp(`^Player 1 has found ${number}, guess ${guesses} of all\\.`))
    solo.write('quit')
    expect(await solo.ended).to.equal(0)
    expect(solo.count(/has ended|fieldcast:/)).to.equal(0)
    const other = start(sample('solo'))
    await other.line(/^You are player 1/)
    expect(await other.stop()).to.equal(0)
  })

  it('plays with a local player on memory and others on sockets at the same time', async () => {
    const { local, url } = await host()
    const [ann, bob] = await Promise.all([join(url), join(url)])
    const first = await find(local)
    const all = (line: string): Promise<unknown> =>
      Promise.all([local, ann, bob].map(player => player.line(new RegExp(`^${line}`))))
    await all(`Player 1 has found ${first.number}, guess ${first.guesses} of all`)
    const second = await find(ann)
    await all(`Player ${ann.id} has found ${second.number}, guess ${second.guesses} of all`)

    bob.write('quit')
    expect(await bob.ended).to.equal(0)
    const third = await find(ann)
    await local.line(new RegExp(`^Player ${ann.id} has found ${third.number}, `))
    local.write('quit')
    expect(await local.ended).to.equal(0)
    await ann.line(/^The connection has ended: The server is shutting down\.$/)
    expect(await ann.ended).to.equal(0)
  })

  it('names its transports in the lines that open and join it, and nowhere else', () => {
    const read = (name: string): string => readFileSync(new URL(`../../${sample(name)}`, import.meta.url), 'utf8')
    for (const shared of ['model', 'game', 'player']) expect(read(shared)).not.to.match(/fieldcast\/transports/)
    const uses = (name: string): string[] => read(name).match(/^.*(?:open|play)\(.*$/gm) ?? []
    const [opens, plays] = uses('solo')
    expect(opens).to.equal('const { server } = await open({ transports: [wire] })')
    expect(uses('host')).to.deep.equal(['const { server, urls } = await open({ transports: [wire, sockets] })', plays])
  })

  it('says what it does not understand, and goes on', async () => {
    const solo = start(sample('solo'))
    for (const line of ['', 'fifty', '-1', '1.5', '300', '0', '200']) solo.write(line)
    solo.finish()
    expect(await solo.ended).to.equal(0)
    expect(solo.count(/^A number from 1 to 100, or quit\?$/)).to.equal(4)
    expect(solo.count(/^Warning: guess: number: expected uint8, got 300$/)).to.equal(1)
    expect(solo.lines).to.include.members(['0: higher', '200: lower'])
  })

  it('ends at Ctrl+C, and the others with the host', async () => {
    const { local, url } = await host()
    const [ann, bob] = await Promise.all([join(url), join(url)])
    expect(await ann.stop()).to.equal(0)
    expect(await local.stop()).to.equal(0)
    await bob.line(/^The connection has ended: The server is shutting down\.$/)
    expect(await bob.ended).to.equal(0)
  })

  it('says so when a port is taken or none, and when no server is there', async () => {
    const { url } = await host()
    const faults = [
      [start(sample('host'), url.slice(url.lastIndexOf(':') + 1)), /is in use/],
      [start(sample('host'), 'x'), /^The port is a number, not x: host\.ts \[port\] \[host\]$/],
      [start(sample('join'), 'ws://localhost:1'), /^Cannot connect to .*: nobody listens there/],
    ] as const
    for (const [program, fault] of faults) {
      await program.line(fault)
      expect(await program.ended).to.equal(1)
      expect(program.lines).to.have.length(1)
    }
  })
})
