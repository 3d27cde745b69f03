/** What strangers do to a WebRTC server, by http and over an open connection: they are refused with a reason, and nothing else happens. */
import { connect as connectTcp } from 'node:net'
import { expect } from 'chai'
import { CloseReason } from '../../lib/protocol/close.ts'
import { peersLeft } from '../../transports/webrtc/native.ts'
import { MAX_OFFER, readOffer } from '../../transports/webrtc/offer.ts'
import { PIECE } from '../../transports/webrtc/peer.ts'
import { ManualClock } from './manual-clock.ts'
import { type Bench, eventually, LIMITS, type Recorder } from './recorder.ts'
import { anOffer, httpOf, post, RawPeer, webrtcBenches } from './webrtc-bench.ts'
import { failure } from './websocket-bench.ts'

const { malformed } = CloseReason
const tooLarge = CloseReason['too-large']

const without = (offer: string, attribute: string): string =>
  offer.replace(new RegExp(`^a=${attribute}:.*\r\n`, 'gm'), '')
const replaced = (offer: string, attribute: string, value: string): string =>
  offer.replace(new RegExp(`^a=${attribute}:.*\r\n`, 'gm'), `a=${attribute}:${value}\r\n`)

/** What is posted instead of an offer, made of an honest one, and a part of what it is answered. */
const offers: Record<string, [body: (honest: string) => BodyInit, words: string, status?: number]> = {
  nothing: [() => '', 'no SDP'],
  'junk bytes': [() => new Uint8Array(5000).fill(0xfe), 'no SDP'],
  JSON: [offer => JSON.stringify({ type: 'offer', sdp: offer }), 'no SDP'],
  'an offer without data channels': [offer => offer.slice(0, offer.indexOf('m=')), 'no data channels'],
  'an offer of audio': [offer => `${offer}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`, 'audio or video'],
  'an offer of video alone': [offer => offer.replace(/^m=.*$/m, 'm=video 9 UDP/TLS/RTP/SAVPF 96'), 'audio or video'],
  'an offer of two data sections': [offer => `${offer}${offer.slice(offer.indexOf('m='))}`, 'one m=application'],
  'an offer of another protocol': [
    offer => offer.replace(/^m=.*$/m, 'm=application 9 DTLS/SCTP 5000'),
    'one m=application',
  ],
  'an offer without a fingerprint': [offer => without(offer, 'fingerprint'), 'lacks a=fingerprint'],
  'an offer with a fingerprint of another hash': [
    offer => replaced(offer, 'fingerprint', 'md5 00:11'),
    'a=fingerprint',
  ],
  'an offer with two fingerprints': [
    offer => `${offer}a=fingerprint:sha-256 ${'00:'.repeat(31)}00\r\n`,
    'more than one a=fingerprint',
  ],
  'an offer without a name': [offer => without(offer, 'ice-ufrag'), 'lacks a=ice-ufrag'],
  'an offer with a name of 4 KB': [offer => replaced(offer, 'ice-ufrag', 'x'.repeat(4096)), 'a=ice-ufrag'],
  'an offer with a short password': [offer => replaced(offer, 'ice-pwd', 'x'), 'a=ice-pwd'],
  'an offer with a password of other characters': [offer => replaced(offer, 'ice-pwd', '\0'.repeat(30)), 'a=ice-pwd'],
  'an offer without a role': [offer => without(offer, 'setup'), 'lacks a=setup'],
  'an offer with a mid of many words': [offer => replaced(offer, 'mid', 'a b'), 'a=mid'],
  'an offer with port 0': [offer => replaced(offer, 'sctp-port', '0'), 'a=sctp-port'],
  'an offer with port 70000': [offer => replaced(offer, 'sctp-port', '70000'), 'a=sctp-port'],
  'an offer that takes tiny messages': [offer => replaced(offer, 'max-message-size', '1'), 'takes no messages'],
  'an offer of one byte too many': [offer => offer.padEnd(MAX_OFFER + 1, '\n'), 'at most', 413],
  'a megabyte': [() => new Uint8Array(1 << 20), 'at most', 413],
  'a megabyte of unknown length': [
    () => new Blob([new Uint8Array(1 << 20)]).stream() as unknown as BodyInit,
    'at most',
    413,
  ],
}

/** What a peer does once it is connected, and how that ends. */
const violations: Record<string, [act: (raw: RawPeer) => void, code: number]> = {
  'a text that says nothing': [raw => raw.frames.sendMessage('hello'), malformed],
  'an empty text': [raw => raw.frames.sendMessage(''), malformed],
  'a text of 100 KB': [raw => raw.frames.sendMessage('x'.repeat(100_000)), malformed],
  'a close with a code that is none': [raw => raw.frames.sendMessage('close 70000 x'), malformed],
  'a close with no code': [raw => raw.frames.sendMessage('close'), malformed],
  'a long frame of no bytes': [raw => raw.frames.sendMessage('long 0'), malformed],
  'a long frame of fewer than none': [raw => raw.frames.sendMessage('long -1'), malformed],
  'a long frame of 9 GB': [raw => raw.frames.sendMessage('long 9999999999'), tooLarge],
  'a long frame of 10^99 bytes': [raw => raw.frames.sendMessage(`long 1${'0'.repeat(99)}`), malformed],
  'a long frame of one byte over the limit': [raw => raw.frames.sendMessage(`long ${LIMITS.maxFrame + 1}`), tooLarge],
  'a long frame within another': [
    raw => {
      raw.frames.sendMessage('long 1000')
      raw.frames.sendMessageBinary(new Uint8Array(10))
      raw.frames.sendMessage('long 1000')
    },
    malformed,
  ],
  'an empty piece': [
    raw => {
      raw.frames.sendMessage('long 1000')
      raw.frames.sendMessageBinary(new Uint8Array(0))
    },
    malformed,
  ],
  'pieces that are longer together than was said': [
    raw => {
      raw.frames.sendMessage('long 1000')
      raw.frames.sendMessageBinary(new Uint8Array(999))
      raw.frames.sendMessageBinary(new Uint8Array(2))
    },
    malformed,
  ],
  'a text as a datagram': [raw => raw.datagrams.sendMessage('hello'), malformed],
  'a data channel of its own': [raw => void raw.connection.createDataChannel('mine'), malformed],
  'a hundred data channels of its own': [
    raw => {
      for (let i = 0; i < 100; i++) raw.connection.createDataChannel(`mine ${i}`)
    },
    malformed,
  ],
}

describe('a stranger at a WebRTC server', () => {
  const { opened } = webrtcBenches()

  describe('by http', () => {
    for (const [what, [body, words, status = 400]] of Object.entries(offers))
      it(`that posts ${what} is answered ${status}`, async () => {
        const bench = await opened()
        const duplex = { duplex: 'half' } as object
        const answer = await fetch(httpOf(bench), {
          method: 'POST',
          body: body(anOffer()),
          headers: { 'Content-Type': 'application/sdp' },
          ...duplex,
        })
        expect(answer.status).to.equal(status)
        expect(await answer.text()).to.include(words)
        await bench.pair()
        expect(bench.servers.length).to.equal(1)
      })

    it('learns which methods, paths and types there are', async () => {
      const bench = await opened()
      const get = await fetch(httpOf(bench))
      expect([get.status, get.headers.get('allow')]).to.deep.equal([405, 'POST, OPTIONS'])
      expect(await get.text()).to.include('by POST')
      const elsewhere = await fetch(`${httpOf(bench)}/else`, { method: 'POST', body: anOffer() })
      expect(elsewhere.status).to.equal(404)
      expect(await elsewhere.text()).to.include('/fieldcast-rtc')
      expect((await post(bench, anOffer(), { 'Content-Type': 'application/json' })).status).to.equal(415)
    })

    it('comes from a page of another origin: 403, and no word that its page could read', async () => {
      const bench = await opened()
      for (const method of ['POST', 'OPTIONS']) {
        const answer = await fetch(httpOf(bench), { method, headers: { Origin: 'https://evil.example' } })
        expect(answer.status).to.equal(403)
        expect(answer.headers.get('access-control-allow-origin')).to.equal(null)
        expect(await answer.text())
          .to.include('https://evil.example')
          .and.to.include('origins')
      }
    })

    it('is a page that may connect: it can read the answer, and a refusal too', async () => {
      const bench = await opened({ origins: ['https://game.example'] })
      const Origin = 'https://game.example'
      for (const [body, status] of [
        [anOffer(), 201],
        ['junk', 400],
      ] as const) {
        const answer = await post(bench, body, { Origin })
        expect(answer.status).to.equal(status)
        expect(answer.headers.get('access-control-allow-origin')).to.equal(Origin)
      }
      const preflight = await fetch(httpOf(bench), { method: 'OPTIONS', headers: { Origin } })
      expect(preflight.status).to.equal(204)
      expect(preflight.headers.get('access-control-allow-methods')).to.equal('POST')
    })

    it('is refused where the function for origins throws', async () => {
      const bench = await opened({
        origins: () => {
          throw new Error('a mistake of the app')
        },
      })
      expect((await post(bench, anOffer())).status).to.equal(403)
    })

    it('posts a thousand offers at once: some are answered, the others refused, and the server stands', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      const offer = anOffer()
      const answers = await Promise.all(Array.from({ length: 1000 }, () => post(bench, offer)))
      const statuses = answers.map(({ status }) => status)
      await Promise.all(answers.map(answer => answer.text()))
      expect(statuses.filter(status => status === 201).length).to.equal(32)
      expect(statuses.filter(status => status === 429).length).to.equal(968)
      expect((await failure(bench.dial())).message)
        .to.include('HTTP 429')
        .and.to.include('of this address')
      await clock.advance(10_000)
      await bench.pair()
      expect(bench.servers.length).to.equal(1)
      expect(clock.waiting).to.equal(0)
    })

    it('is one of too many from everywhere: 503', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock, maxPending: 1 })
      expect((await post(bench, anOffer())).status).to.equal(201)
      expect((await failure(bench.dial())).message).to.include('HTTP 503: Too many clients')
      await clock.advance(10_000)
      await bench.pair()
    })

    it('posts without end: it is answered once, and then nobody reads on', async () => {
      const bench = await opened()
      const { port, pathname } = new URL(httpOf(bench))
      const socket = connectTcp(Number(port), 'localhost')
      let answers = ''
      let isClosed = false
      socket.on('data', data => (answers += data)).on('error', () => {})
      socket.on('close', () => (isClosed = true))
      socket.write(
        `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`,
      )
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')])
      while (!isClosed) {
        socket.write(chunk)
        await new Promise(resolve => setImmediate(resolve))
      }
      expect(answers.match(/^HTTP\/1\.1 \d+/gm)).to.deep.equal(['HTTP/1.1 413'])
      await bench.pair()
    })

    it('comes when no UDP port is left: 503, and again when one is', async () => {
      const port = 27_000 + (process.pid % 2000) * 2
      const bench = await opened({ portRange: [port, port + 1] })
      const first = await bench.pair()
      const second = await bench.pair()
      expect((await failure(bench.dial())).message)
        .to.include('HTTP 503')
        .and.to.include('UDP port')
      first.client.channel.close(CloseReason.normal, '')
      await first.server.ended()
      second.client.send(1)
      await second.server.has(1)
      await eventually(() => peersLeft() === 2)
      await bench.pair()
    })

    it('sends half a body and waits: it has its time, and no more', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock, maxPending: 1 })
      const { port, pathname } = new URL(httpOf(bench))
      const socket = connectTcp(Number(port), 'localhost')
      let isClosed = false
      socket.on('close', () => (isClosed = true)).on('error', () => {})
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nv=0`)
      await eventually(() => clock.waiting === 1)
      expect((await post(bench, anOffer())).status).to.equal(503)
      await clock.advance(10_000)
      await eventually(() => isClosed)
      await bench.pair()
    })

    it('breaks off in the midst of its body: its place is free at once', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock, maxPending: 1 })
      const { port, pathname } = new URL(httpOf(bench))
      const socket = connectTcp(Number(port), 'localhost')
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nv=0`)
      await eventually(() => clock.waiting === 1)
      socket.destroy()
      await eventually(() => clock.waiting === 0)
      await bench.pair()
    })

    it('is about to come when the server closes: that waits for nobody who has no answer', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      expect((await post(bench, anOffer())).status).to.equal(201)
      const closing = bench.listener.close()
      await clock.advance(2000)
      await closing
      expect(clock.waiting).to.equal(0)
    })

    it('names hosts to send packets to: they are not even read', () => {
      const offer = readOffer(
        `${anOffer()}a=candidate:1 1 UDP 1 victim.example 53 typ host\r\na=candidate:2 1 UDP 1 10.0.0.1 53 typ host\r\n`,
      )
      expect(offer).to.not.match(/candidate|victim|10\.0\.0\.1/)
      expect(readOffer(offer)).to.equal(offer)
    })
  })

  describe('over an open connection', () => {
    let bench: Bench
    let honest: { client: Recorder; server: Recorder }

    beforeEach(async () => {
      bench = await opened()
      honest = await bench.pair()
    })
    afterEach(async () => {
      honest.client.send(1)
      await honest.server.has(1)
      expect(honest.server.ends).to.deep.equal([])
    })

    for (const [what, [act, code]] of Object.entries(violations))
      it(`that sends ${what} ends with ${code === tooLarge ? 'too-large' : 'malformed'}`, async () => {
        const raw = await RawPeer.connected(bench)
        const victim = await bench.arrival(1)
        act(raw)
        await raw.until(() => raw.texts.length > 0)
        expect(raw.texts[0]).to.match(new RegExp(`^close ${code} .`))
        raw.close()
        await victim.ended()
        expect(victim.ends.map(end => end.code)).to.deep.equal([code])
        expect([victim.frames, victim.datagrams]).to.deep.equal([[], []])
      })

    it('sends a long frame byte by byte, and is heard', async () => {
      const raw = await RawPeer.connected(bench)
      const victim = await bench.arrival(1)
      raw.frames.sendMessage('long 3000')
      for (let i = 0; i < 3000; i++) raw.frames.sendMessageBinary(Uint8Array.of(i & 255))
      await victim.has(1)
      expect(victim.frames[0]).to.deep.equal(Uint8Array.from({ length: 3000 }, (_, index) => index & 255))
    })

    it('announces much and sends little: only that is kept', async () => {
      const before = process.memoryUsage().arrayBuffers
      const raws = await Promise.all(Array.from({ length: 20 }, () => RawPeer.connected(bench)))
      for (const raw of raws) {
        raw.frames.sendMessage(`long ${LIMITS.maxFrame}`)
        raw.frames.sendMessageBinary(new Uint8Array(1))
        raw.datagrams.sendMessageBinary(new Uint8Array(1))
      }
      await bench.arrival(20)
      await Promise.all(bench.servers.slice(1).map(server => server.until(() => server.datagrams.length > 0)))
      expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(20 * 4 * PIECE)
    })

    it('goes on to send after its violation: nothing of that is heard', async () => {
      const raw = await RawPeer.connected(bench)
      const victim = await bench.arrival(1)
      raw.frames.sendMessage('hello')
      for (let i = 0; i < 100; i++) raw.frames.sendMessageBinary(Uint8Array.of(i))
      await victim.ended()
      expect(victim.frames).to.deep.equal([])
      expect(victim.ends.length).to.equal(1)
    })

    it('ends its connection without a word: it is lost', async () => {
      const raw = await RawPeer.connected(bench)
      const victim = await bench.arrival(1)
      raw.close()
      await victim.ended()
      expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
    })

    it('closes one of its two channels: it is lost', async () => {
      for (const which of ['frames', 'datagrams'] as const) {
        const before = bench.servers.length
        const raw = await RawPeer.connected(bench)
        const victim = await bench.arrival(before)
        raw[which].close()
        await victim.ended()
        expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
      }
    })
  })

  it('has a key other than the one that its offer names: it does not come in', async () => {
    const clock = new ManualClock()
    const bench = await opened({ clock, maxPending: 1 })
    const raw = new RawPeer()
    const answer = await post(bench, replaced(raw.offer(), 'fingerprint', `sha-256 ${'00:'.repeat(31)}00`))
    raw.connection.setRemoteDescription(await answer.text(), 'answer')
    await raw.until(() => /failed|closed|disconnected/.test(raw.connection.state()))
    await eventually(() => clock.waiting === 0)
    expect(bench.servers).to.deep.equal([])
    await bench.pair()
  })
})
