/** A client goes from server to server, each a process of its own, and back. docs/transfer.md. */
import { expect } from 'chai'
import { type Client, connect } from 'fieldcast/client'
import { withParameter } from '../stores/crash/session.ts'
import { PostgresPlaces } from '../stores/postgres.ts'
import { postgresUrl, requireService } from '../stores/services.ts'
import { next } from '../support/outcome.ts'
import { Program } from '../support/process.ts'
import { Traveller } from './transfer-model.ts'

const node = ['--conditions=fieldcast-source', '--import', './dist/decorators/transformer/shells/register.js']

describe('client.transfer between processes', function () {
  this.timeout(30_000)
  const programs: Program[] = []
  let client: Client<Traveller> | undefined
  afterEach(async () => {
    client?.close()
    await Promise.all(programs.splice(0).map(program => program.stop()))
  })

  async function open(...args: string[]): Promise<{ program: Program; url: string }> {
    const program = new Program([...node, 'spec/behaviour/transfer-server.ts', ...args])
    programs.push(program)
    const [, url] = await program.line(/^listening (.*)/)
    return { program, url: url! }
  }

  async function travel(store?: string): Promise<string[]> {
    const names: string[] = []
    const [a, b] = await Promise.all(['a', 'b'].map(shard => open(shard, ...(store ? [store] : []))))
    client = await connect(a!.url, { classes: [Traveller], login: 'ann' })
    client.avatar.send.setName('Ann the Great')
    await client.ping()
    for (const [from, to] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      const arrived = next(client, 'transferred')
      from.program.write(`go ${to.url}`)
      expect((await arrived).url).to.equal(to.url)
      await from.program.line(/^gone, 0 objects left/)
      await from.program.line(/^close transferred/)
      await to.program.line(new RegExp(`^connect ann .*"from":"${from === a ? 'a' : 'b'}"`))
      names.push(client.avatar.name)
    }
    expect([a!.program.count(/^login/), b!.program.count(/^login/)]).to.deep.equal([1, 0])
    return names
  }

  it('takes the account and its context along', async () => {
    expect(await travel()).to.deep.equal(['', ''])
  })

  describe('on PostgreSQL', () => {
    const postgres = new PostgresPlaces()
    before(async function () {
      await postgres.start(await requireService(this, postgresUrl))
    })
    after(() => postgres.end())

    it('takes the stored avatar along', async () => {
      const store = withParameter(postgres.url, 'schema', postgres.next().schema)
      expect(await travel(store)).to.deep.equal(['Ann the Great', 'Ann the Great'])
    })
  })
})
