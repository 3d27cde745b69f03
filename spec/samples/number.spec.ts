/** The number sample, run as its README says. */
import { expect } from 'chai'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/number', () => {
  let server: Program
  let url: string

  beforeEach(async () => {
    server = start('samples/number/server.ts', '0')
    url = (await server.line(/ws:\/\/localhost:\d+/))[0]
  })
  afterEach(stopAll)

  async function client(): Promise<Program> {
    const started = start('samples/number/client.ts', url)
    await started.line(/^Connected/)
    return started
  }

  it('MN40 Number sample: NEW 5 then ADD 0 7 shows 12 on two clients; overflow is refused with a warning.', async () => {
    const [a, b] = await Promise.all([client(), client()])
    a.write('NEW 5')
    await Promise.all([a.line(/^0: 5$/), b.line(/^0: 5$/)])
    a.write('ADD 0 7')
    await Promise.all([a.line(/^0: 12$/), b.line(/^0: 12$/)])

    b.write('ADD 0 2147483636')
    await b.line(/^Warning: .*overflow: 12 \+ 2147483636 does not fit/)
    b.write('ADD 0 2147483635')
    await Promise.all([a.line(/^0: 2147483647$/), b.line(/^0: 2147483647$/)])
    expect(a.count(/Warning/)).to.equal(0)
    expect(a.count(/^0: /)).to.equal(3)
  })

  it('shows a latecomer what the numbers are', async () => {
    const a = await client()
    a.write('NEW 5')
    a.write('NEW -3')
    a.write('ADD 0 7')
    await a.line(/^0: 12$/)
    const b = await client()
    await b.line(/^0: 12$/)
    await b.line(/^1: -3$/)
    expect(b.count(/^0: 5$/)).to.equal(0)
  })

  it('keeps a number whose maker has left', async () => {
    const a = await client()
    a.write('NEW 5')
    await a.line(/^0: 5$/)
    a.write('QUIT')
    expect(await a.ended).to.equal(0)
    const b = await client()
    b.write('ADD 0 1')
    await b.line(/^0: 6$/)
  })

  it('takes its commands from a pipe, in order', async () => {
    const a = await client()
    for (const line of ['NEW 5', 'ADD 0 7', 'ADD 4 1', 'ADD 0 much', 'nonsense', 'LIST']) a.write(line)
    a.finish()
    expect(await a.ended).to.equal(0)
    expect(a.lines.slice(1)).to.include.members([
      '0: 5',
      '0: 12',
      'There is no number 4.',
      'NEW n, ADD index n, LIST or QUIT?',
    ])
    expect(a.count(/^Warning: .*expected int32/)).to.equal(1)
    expect(a.count(/^0: 12$/)).to.equal(2)
  })

  it('says so when a port is taken, a server is missing or goes away', async () => {
    const a = await client()
    const late = start('samples/number/server.ts', url.slice(url.lastIndexOf(':') + 1))
    await late.line(/is in use/)
    expect(await late.ended).to.equal(1)
    await server.stop()
    await a.line(/^The connection has ended: The server is shutting down/)
    expect(await a.ended).to.equal(0)
    const lonely = start('samples/number/client.ts', url)
    await lonely.line(/^Cannot connect to .*nobody listens there/)
    expect(await lonely.ended).to.equal(1)
  })
})
