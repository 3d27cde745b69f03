/** What strangers and broken ends do to a link: they end their own, with a reason, and nothing else. */
import { expect } from 'chai'
import { Writer } from '../../lib/base/bytes.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type MemoryWire, memory } from '../../transports/memory.ts'
import { prove } from '../../transports/router/proof.ts'
import * as Wire from '../../transports/router/wire.ts'
import { createRouter, type Router, routed } from '../../transports/router.ts'
import { ManualClock } from './manual-clock.ts'
import { frameOf, hello, linkMessage, opening, RawLink } from './raw-link.ts'
import { Bench, eventually, LIMITS, Recorder, turns } from './recorder.ts'
import { running, secret } from './router-bench.ts'

const { malformed } = CloseReason
const nonce = new Uint8Array(32).fill(7)

/** What a stranger says instead of proving itself, and the code that it gets. */
const strangers: Record<string, [words: (theirs: Uint8Array) => Uint8Array[], code: number]> = {
  'nothing that it knows': [() => [Buffer.from('GET / HTTP/1.1\r\n\r\n')], malformed],
  'the hello of a game': [() => [Uint8Array.of(0x40, 1, 0, 0)], malformed],
  'a hello that is cut': [() => [hello('router', nonce).subarray(0, 20)], malformed],
  'a hello without the magic': [() => [linkMessage(Wire.Hello, w => w.raw(new Uint8Array(38)))], malformed],
  'a hello of another version': [() => [hello('router', nonce, 99)], CloseReason['protocol-mismatch']],
  'a hello of its own role': [() => [hello('server', nonce)], CloseReason['unknown-connection-type']],
  'two hellos': [() => [hello('router', nonce), hello('router', nonce)], malformed],
  'a long frame': [() => [new Uint8Array(Wire.helloFrame + 1)], malformed],
  'a proof before its hello': [() => [linkMessage(Wire.Proof, w => w.raw(nonce))], malformed],
  'a proof that is cut': [() => [hello('router', nonce), linkMessage(Wire.Proof, w => w.raw(nonce, 0, 31))], malformed],
  'a proof by another secret': [
    theirs => [hello('router', nonce), proof('x'.repeat(32), theirs)],
    CloseReason['invalid-login'],
  ],
  'a proof of the other role': [
    theirs => [
      hello('router', nonce),
      linkMessage(Wire.Proof, w => w.raw(prove(secret, 'server', { router: nonce, server: theirs }))),
    ],
    CloseReason['invalid-login'],
  ],
  'an opening before its proof': [() => [hello('router', nonce), opening('1.2.3.4')], malformed],
  'a frame before its proof': [() => [hello('router', nonce), frameOf(1, 1)], malformed],
}

const proof = (by: string, theirs: Uint8Array): Uint8Array =>
  linkMessage(Wire.Proof, w => w.raw(prove(by, 'router', { router: nonce, server: theirs })))

/** What a router that holds the secret may not say. Player 1 is there, player 2 has ended. */
const nonsense: Record<string, Uint8Array> = {
  'an unknown message': linkMessage(0x7f),
  'a second hello': hello('router', nonce),
  'an opening that is cut': opening('1.2.3.4').subarray(0, 5),
  'an opening with unknown flags': linkMessage(Wire.Open, w => w.raw(Uint8Array.of(2, 0, 0))),
  'an opening with a long address': opening('1.2.3.4').fill(0xff, 3),
  'a frame of player 0': frameOf(0, 1),
  'a frame of a player that never came': frameOf(3, 1),
  'a frame of a player far off': frameOf(2 ** 40, 1),
  'a frame that is longer than it is': linkMessage(Wire.Frame, w => (w.varint(1), w.varint(9), w.u8(1))),
  'the end of a player that never came': linkMessage(Wire.Ended, w => (w.varint(3), w.varint(0), w.text(''))),
  'an end with a code that is none': linkMessage(Wire.Ended, w => (w.varint(1), w.varint(70_000), w.text(''))),
  'what waits for a player that never came': linkMessage(Wire.Waiting, w => (w.varint(3), w.varint(1))),
  'a frame for many, as servers send': linkMessage(Wire.Frames, w => w.raw(Uint8Array.of(2, 1, 0, 1, 9))),
  'a close, as servers send': linkMessage(Wire.Close, w => (w.varint(1), w.varint(4), w.text(''))),
  'an abort, as servers send': linkMessage(Wire.Abort, w => w.varint(1)),
  'an answer to a mark that was not set': linkMessage(Wire.Marked),
  'a tiny piece': linkMessage(Wire.More, w => (w.varint(1), w.u8(1))),
}

describe('a game server that waits for routers', () => {
  let wire: MemoryWire
  let clock: ManualClock
  let bench: Bench
  let honest: RawLink

  beforeEach(async () => {
    wire = memory()
    clock = new ManualClock()
    bench = new Bench(routed(wire, { secret, clock, playersPerLink: 100 }), wire)
    await bench.listen()
    honest = await RawLink.join(wire, bench.url)
    honest.say(opening('10.1.1.1'))
    await bench.arrival(0)
  })
  afterEach(async () => {
    // Whatever happened beside it, an honest link notices nothing.
    const [player] = bench.servers
    const heard = player!.frames.length
    honest.say(frameOf(1, 42))
    await player!.has(heard + 1)
    expect(player!.frames.at(-1)).to.deep.equal(Uint8Array.of(42))
    expect(player!.ends).to.deep.equal([])
    honest.say(linkMessage(Wire.Ended, w => (w.varint(1), w.varint(0), w.text(''))))
    await player!.ended()
    await bench.listener.close()
    expect(clock.waiting).to.equal(0)
  })

  for (const [what, [words, code]] of Object.entries(strangers))
    it(`refuses who says ${what}, and proves nothing to it`, async () => {
      const link = await RawLink.dial(wire, bench.url)
      const theirs = await link.theirNonce()
      for (const word of words(theirs)) link.say(word)
      expect(await link.end()).to.equal(code)
      expect(link.opcodes).to.deep.equal([Wire.Hello])
      expect(bench.servers).to.have.length(1)
    })

  it('refuses who says nothing, after ten seconds', async () => {
    const link = await RawLink.dial(wire, bench.url)
    await clock.advance(9_999)
    expect(link.heard.ends).to.deep.equal([])
    await clock.advance(1)
    await link.end()
    expect(link.opcodes).to.deep.equal([Wire.Hello])
  })

  it('refuses a proof that was heard before', async () => {
    const first = await RawLink.dial(wire, bench.url)
    const heard = proof(secret, await first.theirNonce())
    first.say(hello('router', nonce), heard)
    await first.heard.has(2)
    const second = await RawLink.dial(wire, bench.url)
    await second.theirNonce()
    second.say(hello('router', nonce), heard)
    expect(await second.end()).to.equal(CloseReason['invalid-login'])
    expect(second.opcodes).to.deep.equal([Wire.Hello])
    first.heard.channel.abort()
  })

  it('refuses who sends back what it was sent', async () => {
    const link = await RawLink.dial(wire, bench.url)
    await link.theirNonce()
    link.say(link.heard.frames[0]!)
    expect(await link.end()).to.equal(CloseReason['unknown-connection-type'])
  })

  for (const [what, bytes] of Object.entries(nonsense))
    it(`ends a link that says ${what}, with its own players`, async () => {
      const link = await RawLink.join(wire, bench.url)
      link.say(opening('10.2.2.2'), opening('10.2.2.3'))
      const [player, gone] = [await bench.arrival(1), await bench.arrival(2)]
      link.say(linkMessage(Wire.Ended, w => (w.varint(2), w.varint(4), w.text('bye'))))
      await gone.ended()
      link.say(frameOf(1, 1), bytes, frameOf(1, 2))
      expect(await link.end()).to.equal(malformed)
      await player.ended()
      expect(player.frames).to.deep.equal([Uint8Array.of(1)])
      expect(player.ends).to.deep.equal([{ code: undefined, text: '' }])
      expect(gone.ends).to.deep.equal([{ code: 3, text: 'bye' }])
    })

  it('steps over what comes of a player that has ended', async () => {
    honest.say(opening('10.1.1.2'))
    const player = await bench.arrival(1)
    player.channel.abort()
    await player.ended()
    honest.say(
      frameOf(2, 1),
      linkMessage(Wire.Waiting, w => (w.varint(2), w.varint(1e9))),
      linkMessage(Wire.Ended, w => (w.varint(2), w.varint(0), w.text(''))),
    )
    await turns(3)
    expect(player.frames).to.deep.equal([])
    expect(player.ends).to.have.length(1)
    expect(player.channel.buffered).to.equal(0)
  })

  it('takes no more of ten thousand players than it was told to, and refuses the rest one by one', async () => {
    const link = await RawLink.join(wire, bench.url)
    for (let i = 0; i < 100; i++) link.say(...Array.from({ length: 100 }, () => opening('10.3.3.3')))
    await eventually(() => closesIn(link.heard.frames) === 9_900)
    expect(bench.servers).to.have.length(1 + 100)
    link.heard.channel.abort()
    await Promise.all(bench.servers.slice(1).map(player => player.ended()))
  })

  it('loses the players of a router that dies in the midst of a long frame, and keeps nothing of it', async () => {
    const link = await RawLink.join(wire, bench.url)
    link.say(opening('10.4.4.4'))
    const player = await bench.arrival(1)
    link.say(linkMessage(Wire.More, w => (w.varint(60_000), w.raw(new Uint8Array(60_000)))))
    link.heard.channel.abort()
    await player.ended()
    expect(player.frames).to.deep.equal([])
    expect(player.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('ends a player whose frame is over the limit, and it alone', async () => {
    honest.say(opening('10.1.1.2'))
    const player = await bench.arrival(1)
    const piece = linkMessage(Wire.More, w => (w.varint(60_000), w.raw(new Uint8Array(60_000))))
    for (let i = 0; i <= LIMITS.maxFrame; i += 60_000) honest.say(piece)
    honest.say(frameOf(2, 1), frameOf(2, 2))
    await eventually(() => closesIn(honest.heard.frames) === 1)
    honest.say(linkMessage(Wire.Ended, w => (w.varint(2), w.varint(0), w.text(''))))
    await player.ended()
    expect(player.frames).to.deep.equal([])
    expect(player.ends.map(end => end.code)).to.deep.equal([CloseReason['too-large']])
  })
})

/** What a game server that holds the secret may not say. Player 1 is there. */
const serverNonsense: Record<string, (w: Writer) => void> = {
  'an unknown message': w => w.u8(0x7f),
  'an opening, as routers send': w => w.raw(opening('1.2.3.4')),
  'an end, as routers send': w => (w.u8(Wire.Ended), w.varint(1), w.varint(0), w.text('')),
  'a frame for a player that never came': w => w.raw(frameOf(2, 1)),
  'a list beyond the newest player': w => (w.u8(Wire.Frames), w.raw(Uint8Array.of(2, 1, 1, 1, 9))),
  'a list of 2^53 players': w => (w.u8(Wire.Frames), w.varint(9), w.varint(0), w.varint(2 ** 53 - 1), w.varint(0)),
  'a list that is longer than it says': w => (w.u8(Wire.Frames), w.raw(Uint8Array.of(1, 1, 0, 1, 9))),
  'a close without a code': w => (w.u8(Wire.Close), w.varint(1), w.varint(0), w.text('')),
  'a close with a code that is none': w => (w.u8(Wire.Close), w.varint(1), w.varint(65_537), w.text('')),
  'an abort of a player that never came': w => (w.u8(Wire.Abort), w.varint(2)),
}

describe('a router', () => {
  let wire: MemoryWire
  let link: MemoryWire
  let clock: ManualClock
  let router: Router
  let servers: RawLink[]

  beforeEach(async () => {
    wire = memory()
    link = memory()
    clock = new ManualClock()
    servers = []
    await link.listen(channel => {
      const raw = new RawLink(channel, 'server')
      servers.push(raw)
      return raw.heard
    }, Wire.linkLimits)
    router = createRouter({ listen: wire, server: 'memory:', transport: link, links: 1, secret, clock })
    router.on('link-down', () => {})
    router.on('refused', () => {})
    await router.start()
    await eventually(() => servers.length === 1)
  })
  afterEach(async () => {
    await router.stop()
    await link.close()
    expect(clock.waiting).to.equal(0)
  })

  it('proves first, for it dials, and leads nobody to a server that proves nothing', async () => {
    const [server] = servers
    await server!.theirNonce()
    server!.say(hello('server', nonce))
    await eventually(() => server!.heard.frames.length === 2)
    expect(server!.opcodes).to.deep.equal([Wire.Hello, Wire.Proof])
    expect(router.state).to.equal('waiting')
    const player = await newcomer()
    await player.ended()
    expect(player.ends[0]!.code).to.equal(CloseReason['too-many-connections'])
  })

  it('leaves a server that answers with another secret', async () => {
    const [server] = servers
    await server!.prove('y'.repeat(32))
    expect(await server!.end()).to.equal(CloseReason['invalid-login'])
    expect(router.state).to.equal('waiting')
  })

  for (const [what, put] of Object.entries(serverNonsense))
    it(`leaves a server that says ${what}; its players are lost`, async () => {
      const [server] = servers
      await server!.prove()
      await running(router)
      const player = await newcomer()
      server!.say(frameOf(1, 5))
      await player.has(1)
      server!.say(written(put))
      expect(await server!.end()).to.equal(malformed)
      await player.ended()
      expect(player.frames).to.deep.equal([Uint8Array.of(5)])
      expect(player.ends.map(end => end.code)).to.deep.equal([CloseReason.lost])
      expect([router.state, router.players]).to.deep.equal(['waiting', 0])
    })

  it('steps over what is sent to a player that has ended', async () => {
    const [server] = servers
    await server!.prove()
    await running(router)
    const [gone, player] = [await newcomer(), await newcomer()]
    gone.channel.abort()
    await gone.ended()
    await eventually(() => router.players === 1)
    server!.say(
      frameOf(1, 1),
      linkMessage(Wire.Frames, w => w.raw(Uint8Array.of(2, 1, 1, 1, 9))),
    )
    await player.has(1)
    expect(player.frames).to.deep.equal([Uint8Array.of(9)])
    expect(gone.frames).to.deep.equal([])
  })

  it('ends players that say nothing for ten seconds', async () => {
    const [server] = servers
    await server!.prove()
    await running(router)
    const [silent, talker] = [await newcomer(), await newcomer()]
    await clock.advance(5_000)
    talker.send(1)
    await clock.advance(5_000)
    await silent.ended()
    expect(silent.ends[0]!.code).to.equal(CloseReason['handshake-timeout'])
    await clock.advance(20_000)
    expect(talker.ends).to.deep.equal([])
  })

  async function newcomer(): Promise<Recorder> {
    let recorder: Recorder | undefined
    await wire.dial('memory:', channel => (recorder = new Recorder(channel)), LIMITS)
    return recorder!
  }
})

/** How many players the other end of a link has closed. Its frames hold closes alone. */
function closesIn(frames: readonly Uint8Array[]): number {
  let count = 0
  for (const frame of frames.slice(2)) {
    const text = Buffer.from(frame).toString('latin1')
    count +=
      text.split(/The server takes no further connection\.|A frame is over the limit of the game server\./).length - 1
  }
  return count
}

function written(put: (w: Writer) => void): Uint8Array {
  const w = new Writer(64)
  put(w)
  return w.slice()
}
