/** The chat sample, run as its README says: in terminals and in the browser. */
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/chat', () => {
  let server: Program
  let url: string

  beforeEach(async () => {
    server = start('samples/chat/server.ts', '0')
    const [, port] = await server.line(/http:\/\/localhost:(\d+)/)
    url = `ws://localhost:${port}`
  })
  afterEach(stopAll)

  /** Someone in a terminal, who has got the name. */
  async function join(name: string): Promise<Program> {
    const client = start('samples/chat/client.ts', name, url)
    await client.line(new RegExp(`^You are now ${name}\\.$`))
    return client
  }

  it('LP37 Chat sample: two clients; rename confirmed only to the renamer; a message appears at the other with that name and not twice at the sender.', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    ann.write('/nick Anna')
    await ann.line(/^You are now Anna\.$/)
    ann.write('hello there')
    await bob.line(/^Anna: hello there$/)
    // What was meant for the other one would have come by the time of an answer.
    bob.write('hello Anna')
    await ann.line(/^bob: hello Anna$/)
    expect(bob.count(/You are now Anna/)).to.equal(0)
    expect(ann.count(/You are now Anna/)).to.equal(1)
    expect(ann.count(/hello there/)).to.equal(0)
    expect(bob.count(/hello there/)).to.equal(1)
  })

  it('updates everyone’s list of people when someone comes, goes, or changes names', async () => {
    const ann = await join('ann')
    const bob = await join('bob')
    await Promise.all([ann, bob].map(client => client.line(/^In the room: ann, bob$/)))
    bob.write('/nick Robert')
    await Promise.all([ann, bob].map(client => client.line(/^In the room: ann, Robert$/)))
    await bob.kill()
    const carol = await join('carol')
    await Promise.all([ann, carol].map(client => client.line(/^In the room: ann, carol$/)))
  })

  it('refuses a name that is taken, empty or too long, and says so to the one who asked', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    bob.write('/nick ann')
    await bob.line(/^Warning: .*ann is here already/)
    bob.write('/nick')
    await bob.line(/^Warning: .*a name needs a letter/)
    bob.write('/nick a-name-of-21-letters')
    await bob.line(/^Warning: .*at most 20 characters/)
    bob.write('still bob')
    await ann.line(/^bob: still bob$/)
    expect(ann.count(/Warning/)).to.equal(0)
  })

  it('lets no control characters through to another terminal', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    ann.write('red\u001b[31malert')
    await bob.line(/^ann: red \[31malert$/)
    ann.write('\u0007 \u001b')
    await ann.line(/^Warning: nothing was said$/)
  })

  it('takes its lines from a pipe', async () => {
    const ann = await join('ann')
    const piped = start('samples/chat/client.ts', 'piped', url)
    for (const line of ['one', 'two', '/who', '/help', 'three']) piped.write(line)
    piped.finish()
    expect(await piped.ended).to.equal(0)
    await ann.line(/^piped: three$/)
    expect(ann.lines.filter(line => line.startsWith('piped'))).to.deep.equal(['piped: one', 'piped: two', 'piped: three'])
    expect(piped.count(/^You are now piped\.$/)).to.equal(1)
    expect(piped.count(/^\/nick NAME/)).to.equal(1)
  })

  it('says so when a port is taken, a server is missing or goes away', async () => {
    const ann = await join('ann')
    const late = start('samples/chat/server.ts', url.slice(url.lastIndexOf(':') + 1))
    await late.line(/in use/)
    expect(await late.ended).to.equal(1)
    expect(await server.stop()).to.equal(0)
    await ann.line(/^The connection has ended: The server is shutting down/)
    expect(await ann.ended).to.equal(0)
    const lonely = start('samples/chat/client.ts', 'lonely', url)
    await lonely.line(/^Cannot connect to .*nobody listens there/)
    expect(await lonely.ended).to.equal(1)
  })
})
