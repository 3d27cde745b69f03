/** The chat of messages without objects, run as its README says. */
import { expect } from 'chai'
import { type Client, connect } from 'fieldcast/client'
import { Join, Line, Say, talk } from '../../samples/packet-chat/model.ts'
import { Program, start, stopAll } from '../support/process.ts'

/** `fieldcast ping`, without waiting for a second answer. */
const ask = (url: string): Program =>
  new Program(['dist/decorators/transformer/command/main.js', 'ping', '--count', '1', '--json', url])

describe('samples/packet-chat', function () {
  // Each test starts several programs.
  this.timeout(60_000)
  let server: Program
  let url: string

  beforeEach(async () => {
    server = start('samples/packet-chat/server.ts', '0')
    url = (await server.line(/ws:\/\/localhost:\d+/))[0]
  })
  afterEach(stopAll)

  /** Someone in a terminal, who is in the room. */
  async function join(name: string): Promise<Program> {
    const client = start('samples/packet-chat/client.ts', name, url)
    await client.line(new RegExp(`^You are ${name}\\.$`))
    return client
  }

  /** Someone in a terminal, who is connected and outside. */
  async function visit(): Promise<Program> {
    const client = start('samples/packet-chat/client.ts', '', url)
    await client.line(/^You are outside/)
    return client
  }

  it('PG22 Chat sample: message before join is not distributed; /nick announces; join, leave notices reach the others; ping shows user count.', async () => {
    const [ann, bob] = await Promise.all([join('ann'), visit()])
    bob.write('nobody hears this')
    await bob.line(/^Warning: not now\. \/join NAME comes in, once$/)
    await server.line(/^A say of client \d+ was not taken: it wants the mode chat, not new\.$/)
    bob.write('/ping')
    await bob.line(/^\d+\.\d\d ms, 1 of 128 people are in the room\.$/)

    bob.write('/join bob')
    await Promise.all([bob.line(/^You are bob\.$/), ann.line(/^\* bob has come in\.$/)])
    bob.write('/nick Robert')
    await Promise.all([bob.line(/^You are now Robert\.$/), ann.line(/^\* bob is now Robert\.$/)])
    ann.write('/ping')
    await ann.line(/^\d+\.\d\d ms, 2 of 128 people are in the room\.$/)
    const asked = ask(url)
    await asked.line(/"name":"packet-chat".*"data":\{"users":2\}/)
    expect(await asked.ended).to.equal(0)

    bob.write('/quit')
    expect(await bob.ended).to.equal(0)
    await ann.line(/^\* Robert has left\.$/)
    for (const { lines } of [ann, server]) expect(lines.join()).not.to.include('nobody hears this')
    expect(bob.count(/^\*/)).to.equal(0)
  })

  it('PS12 Chat sample: nickname change and join/leave update everyone’s player list; lines reach all incl. sender, with name', async () => {
    const ann = await join('ann')
    const bob = await join('bob')
    const all = (pattern: RegExp): Promise<unknown> => Promise.all([ann, bob].map(client => client.line(pattern)))
    await all(/^In the room: ann, bob$/)
    bob.write('/nick Robert')
    await all(/^In the room: ann, Robert$/)
    ann.write('hello everyone')
    await all(/^ann: hello everyone$/)
    bob.write('hello ann')
    await all(/^Robert: hello ann$/)
    bob.write('/quit')
    await ann.line(/^\* Robert has left\.$/)
    ann.write('alone')
    await ann.line(/^ann: alone$/)
    expect(ann.lines.filter(line => line.startsWith('In the room')).at(-1)).to.equal('In the room: ann')
    expect(ann.count(/hello everyone/)).to.equal(1)
  })

  it('makes names of wishes: without control characters and spaces around, of 32 characters at most', async () => {
    const ann = await visit()
    ann.write('/join  \u001b[31mann\u0007 b  c \u202e')
    await ann.line(/^You are \[31mann_b_c\.$/)
    ann.write(`/nick ${'🐟'.repeat(40)}`)
    await ann.line(new RegExp(`^You are now ${'🐟'.repeat(32)}\\.$`))
    ann.write('/nick \u200b \u0000')
    await ann.line(/^Warning: a name needs a letter$/)
    ann.write(`/nick ${'x'.repeat(201)}`)
    await ann.line(/^Warning: nick: name: expected text of at most 200 characters/)
  })

  it('refuses a name that is taken, a second join, and what says nothing', async () => {
    const [ann, bob] = await Promise.all([join('ann'), join('bob')])
    bob.write('/nick ANN')
    await bob.line(/^Warning: ann is here already$/)
    bob.write('/join carol')
    await bob.line(/^Warning: not now/)
    bob.write(' \u0007 ')
    await bob.line(/^Warning: nothing was said$/)
    bob.write('/nick BOB')
    await ann.line(/^\* bob is now BOB\.$/)
    expect(ann.count(/Warning|carol/)).to.equal(0)
  })

  it('whispers to one alone', async () => {
    const [ann, bob, cyd] = await Promise.all([join('ann'), join('bob'), join('cyd')])
    ann.write('/whisper Bob come here')
    await Promise.all([bob.line(/^ann whispers: come here$/), ann.line(/^To Bob: come here$/)])
    ann.write('/whisper dan hello')
    await ann.line(/^Warning: nobody here is called dan$/)
    ann.write('that was all')
    await cyd.line(/^ann: that was all$/)
    for (const { lines } of [cyd, server]) expect(lines.join()).not.to.include('come here')
  })

  it('knows its commands, and takes them from a pipe', async () => {
    const piped = await visit()
    for (const line of ['/help', '/join piped', 'one', '/frobnicate', 'two', '/quit', 'three']) piped.write(line)
    piped.finish()
    expect(await piped.ended).to.equal(0)
    expect(piped.count(/^\/whisper NAME/)).to.equal(2)
    await server.line(/^piped has left\.$/)
    expect(server.lines.filter(line => line.startsWith('piped: '))).to.deep.equal(['piped: one', 'piped: two'])
  })

  it('tells the others of someone whose terminal was killed', async () => {
    const [ann, bob] = await Promise.all([join('ann'), join('bob')])
    await bob.kill()
    await ann.line(/^\* bob has left\.$/)
  })

  describe('for clients of other makers', () => {
    const strangers: Client[] = []
    afterEach(() => {
      for (const client of strangers.splice(0)) client.close()
    })

    async function stranger(): Promise<Client> {
      const client = await connect(url, { classes: [], messages: talk })
      strangers.push(client)
      return client
    }

    it('takes nothing out of turn, also where no answer is asked for', async () => {
      const ann = await join('ann')
      const { messages } = await stranger()
      messages.send(Say, { text: 'too early' })
      expect(await messages.ask(Join, { name: 'mallory' })).to.equal('mallory')
      messages.send(Say, { text: 'in time' })
      await ann.line(/^mallory: in time$/)
      expect(ann.count(/too early/)).to.equal(0)
      expect(() => messages.send(Line, { from: 'ann', text: 'I am mallory', whispered: false })).to.throw()
    })

    it('turns away a client without messages, and goes on', async () => {
      const text = await new Promise((resolve, reject) => {
        connect(url, { classes: [], on: { close: ({ text }) => resolve(text) } }).catch(reject)
      })
      expect(text).to.equal('This room is for clients with messages.')
      await join('ann')
    })
  })

  it('ends at Ctrl+C on either side, and says so on the other', async () => {
    const [ann, bob] = await Promise.all([join('ann'), join('bob')])
    expect(await bob.stop()).to.equal(0)
    await ann.line(/^\* bob has left\.$/)
    expect(await server.stop()).to.equal(0)
    await ann.line(/^The connection has ended: The server is shutting down\.$/)
    expect(await ann.ended).to.equal(0)
  })

  it('says so when a port is taken or none, when no server is there, and when the name is missing', async () => {
    const port = url.slice(url.lastIndexOf(':') + 1)
    const faults = [
      [start('samples/packet-chat/server.ts', port), /is in use/],
      [start('samples/packet-chat/server.ts', '-1'), /^The port is a number, not -1: server\.ts \[port\] \[host\]$/],
      [
        start('samples/packet-chat/client.ts', 'ann', 'ws://localhost:1'),
        /^Cannot connect to .*: nobody listens there/,
      ],
      [start('samples/packet-chat/client.ts', url), /^A name comes first, then the url: client\.ts ann ws:/],
    ] as const
    for (const [program, fault] of faults) {
      await program.line(fault)
      expect(await program.ended).to.equal(1)
      expect(program.lines).to.have.length(1)
    }
  })
})
