/** `fieldcast ping`, as a program. */
import { expect } from 'chai'
import { NetworkObject, networkClass, Registry } from 'fieldcast'
import { createServer, type Server, type ServerOptions } from 'fieldcast/server'
import { tcp } from 'fieldcast/transports/tcp'
import { websocket } from 'fieldcast/transports/websocket'
import { answerLine, Tally } from '../../lib/query/ping-lines.ts'
import { Program, stopAll } from '../support/process.ts'

@networkClass(10, { registry: new Registry() })
class Player extends NetworkObject {}

const host = '127.0.0.1'
const main = new URL('../../decorators/transformer/command/main.ts', import.meta.url).pathname
const ping = (...args: string[]): Program =>
  new Program(['--conditions=fieldcast-source', '--import', 'fieldcast/register', main, 'ping', ...args])

describe('fieldcast ping', function () {
  this.timeout(30_000)
  const servers: Server[] = []
  afterEach(async () => {
    await stopAll()
    for (const server of servers.splice(0)) await server.stop()
  })

  async function open(options: Partial<ServerOptions> = {}): Promise<readonly string[]> {
    const transports = [websocket({ port: 0, host }), tcp({ port: 0, host })]
    const server = createServer({ classes: [Player], transports, name: 'Harbour', maxClients: 9, ...options })
    servers.push(server)
    return server.start()
  }

  it('prints a line for each answer, by any wire, and a summary for each url', async () => {
    const urls = await open()
    const program = ping(...urls, '--count', '2', '--interval', '1')
    expect(await program.ended).to.equal(0)
    for (const url of urls) {
      const of = program.lines.filter(line => line.startsWith(`${url}: `)).map(line => line.slice(url.length + 2))
      expect(of).to.have.length(3)
      for (const line of of.slice(0, 2))
        expect(line).to.match(/^Harbour, 0 of 9 players, fieldcast\/[\d.]+, [\d.]+ ms$/)
      expect(of[2]).to.match(/^2 asked, 2 answered, min\/avg\/max [\d.]+\/[\d.]+\/[\d.]+ ms$/)
    }
  })

  it('prints all that the server says as lines of JSON', async () => {
    const [url] = await open({ info: { map: 'docks' }, motd: 'hello' })
    const program = ping(url!, '--count', '1', '--json')
    expect(await program.ended).to.equal(0)
    const [answer, summary] = program.lines.map(line => JSON.parse(line))
    expect(answer).to.include({ url, seq: 1, name: 'Harbour', players: 0, maxPlayers: 9, full: false, motd: 'hello' })
    expect(answer.data).to.deep.equal({ map: 'docks' })
    expect(summary).to.deep.include({ url, asked: 1, answered: 1 })
    expect(summary.min).to.equal(answer.latency)
  })

  it('says why nobody answers, and ends with 1; with 0 where one of several does', async () => {
    const [url] = await open()
    const nowhere = 'ws://127.0.0.1:1'
    const program = ping(nowhere, '--count', '1')
    expect(await program.ended).to.equal(1)
    expect(program.lines.join('\n')).to.match(/nobody listens there/)
    expect(program.lines).to.include(`${nowhere}: 1 asked, 0 answered`)
    expect(await ping(nowhere, url!, '--count', '1').ended).to.equal(0)
    const json = ping(nowhere, '--count', '1', '--json')
    expect(await json.ended).to.equal(1)
    expect(JSON.parse(json.lines[0]!))
      .to.deep.include({ url: nowhere, seq: 1 })
      .and.have.nested.property('error.code', 'connection-failed')
  })

  it('stops at Ctrl+C with the summary', async () => {
    const [url] = await open()
    const program = ping(url!, '--count', '100000')
    await program.line(/players/)
    await program.stop()
    expect(program.lines.at(-1)).to.match(/asked, \d+ answered, min/)
  })

  for (const [args, says] of [
    [[], /needs a url/],
    [['localhost:7300'], /needs urls, and localhost:7300 has no scheme: ws:\/\/localhost:7300$/m],
    [['ws://x', '::1'], /needs urls, and ::1 has no scheme/],
    [['ws://x', '--count', '0'], /--count is a whole number above 0, not 0/],
    [['ws://x', '--timeout', 'long'], /--timeout is a whole number above 0, not long/],
    [['ws://x', '--interval', '-1'], /--interval/],
    [['ws://x', '--colour'], /--colour/],
  ] as const)
    it(`refuses: ping ${args.join(' ')}`, async () => {
      const program = ping(...args)
      expect(await program.ended).to.equal(2)
      expect(program.lines.join('\n')).to.match(says)
    })

  it('says of an url without a scheme that it is none, once, and asks nobody', async () => {
    const program = ping('localhost', '--count', '3')
    expect(await program.ended).to.equal(2)
    expect(program.lines).to.deep.equal([
      'fieldcast ping needs urls, and localhost has no scheme: ws://localhost:7200',
      'fieldcast ping --help tells more.',
    ])
  })

  it('says what it can do', async () => {
    const program = ping('--help')
    expect(await program.ended).to.equal(0)
    expect(program.lines[0]).to.equal('fieldcast ping <url...>')
  })

  it('lets no server command the terminal, and tells of another protocol', () => {
    const line = answerLine(
      'ws://x',
      {
        name: `\x1b[2J\u202eevil\nsecond line ${'x'.repeat(200)}`,
        players: 1,
        maxPlayers: null,
        full: false,
        motd: '',
        library: 'fieldcast/9\x07',
        version: '9',
        protocol: 7,
        latency: 1234.5,
        delay: 617.25,
        serverTime: 0,
        data: null,
        echo: null,
      },
      2,
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point.
    expect(line).not.to.match(/[\x00-\x1f\u202e]/)
    expect(line).to.match(
      /^ws:\/\/x: \[2Jevil second line x+, 1 player, fieldcast\/9, protocol 7 \(this one speaks 2\), 1235 ms$/,
    )
    expect(new Tally().figures).to.deep.equal({ min: null, avg: null, max: null })
  })
})
