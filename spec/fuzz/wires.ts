/** Decoders below the messages: bytes, packets, pieces, offers and links. */
import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { seededRandom } from '../../lib/base/random.ts'
import { memory } from '../../transports/memory.ts'
import * as Wire from '../../transports/router/wire.ts'
import { createRouter, routed } from '../../transports/router.ts'
import { FrameReader } from '../../transports/tcp/reader.ts'
import { closeFrame } from '../../transports/tcp/wire.ts'
import { Hall } from '../../transports/udp/hall.ts'
import { HELLO, knock, OPEN } from '../../transports/udp/packets.ts'
import { Pulse } from '../../transports/udp/pulse.ts'
import { Secrets } from '../../transports/udp/secrets.ts'
import { closeMessage, longMessage, readControl } from '../../transports/webrtc/control.ts'
import { readOffer } from '../../transports/webrtc/offer.ts'
import { SmallFrames } from '../../transports/websocket/small-frames.ts'
import { ManualClock } from '../transports/manual-clock.ts'
import { BINARY, CLOSE, frame, PING, TEXT } from '../transports/raw-client.ts'
import { frameOf, hello, linkMessage, opening, RawLink } from '../transports/raw-link.ts'
import { Bench, eventually, LIMITS, turns } from '../transports/recorder.ts'
import { running, secret } from '../transports/router-bench.ts'
import { framed } from '../transports/tcp-bench.ts'
import { Line } from '../transports/udp-line.ts'
import type { Opened, Target } from './target.ts'

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** The frames that a TCP reader finds do not depend on how the network cut them, and none is over the limit. */
const tcpReader: Target = {
  name: 'tcp',
  runs: 4000,
  async open() {
    const found = (bytes: Uint8Array, cut: number): string[] => {
      const events: string[] = []
      const reader = new FrameReader(1000, {
        frame: one => {
          expect(one.length).to.be.at.most(1000)
          events.push(Buffer.from(one).toString('hex'))
          return true
        },
        closed: (code, text) => events.push(`closed ${code} ${text}`),
        refuse: code => events.push(`refused ${code}`),
      })
      for (let at = 0; at < bytes.length; at += cut) reader.read(new Uint8Array(bytes.slice(at, at + cut)))
      return events
    }
    return {
      corpus: [
        Buffer.concat([framed('hello'), framed(''), framed(Buffer.alloc(300))]),
        closeFrame(3, 'bye'),
        Buffer.concat([framed('x'), closeFrame(0, '')]),
      ],
      take(bytes) {
        const whole = found(bytes, Math.max(1, bytes.length))
        for (const cut of [1, 3]) expect(found(bytes, cut)).to.deep.equal(whole)
      },
      close() {},
    }
  },
}

/** Packets to a connection that stands: it goes on, or ends with a code, and keeps no more than its window. */
const udpConnection: Target = {
  name: 'udp-connection',
  runs: 3000,
  async open() {
    const fresh = async (): Promise<Line> => {
      const line = new Line({ delay: () => 1 })
      for (let i = 0; i < 3; i++) {
        line.a.recorder.send(i, i, i)
        line.b.recorder.send(i)
        line.a.datagram(i)
        await line.clock.advance(20)
      }
      return line
    }
    let line = await fresh()
    line.a.recorder.channel.close(3, 'bye')
    await line.clock.advance(100)
    const corpus = [...line.a.sent, ...line.b.sent].map(({ packet }) => packet)
    line = await fresh()
    let taken = 0
    return {
      corpus,
      async take(bytes) {
        if (line.b.recorder.ends.length > 0 || ++taken % 200 === 0) line = await fresh()
        const sent = line.b.sent.length
        line.b.connection.take(Buffer.from(bytes))
        await line.clock.advance(1)
        // No packet makes it send more than a few.
        expect(line.b.sent.length - sent).to.be.at.most(520)
        expect(line.b.recorder.ends.length).to.be.at.most(1)
      },
      close() {},
    }
  },
}

/** Packets to a server from anywhere: nothing is kept without a proven address, and no answer is longer than what it answers. */
const udpHall: Target = {
  name: 'udp-hall',
  runs: 4000,
  async open() {
    const clock = new ManualClock()
    let answered = 0
    const socket = { send: (packet: Buffer) => void (answered += packet.length), getSendQueueSize: () => 0 }
    const hall = new Hall({
      accept: () => ({ frame: () => {}, end: () => {} }),
      maxFrame: LIMITS.maxFrame,
      maxConnections: 50,
      secrets: new Secrets('a secret of sixteen bytes', clock),
      pulse: new Pulse(clock),
    })
    const from = { address: '192.0.2.1', port: 1000, family: 'IPv4', size: 0 } satisfies RemoteInfo
    const id = { low: 1, high: 2 }
    return {
      corpus: [
        knock(HELLO, id),
        knock(OPEN, id, randomBytes(20)),
        ...Array.from({ length: 14 }, (_, kind) => Buffer.concat([Buffer.of(kind), randomBytes(30)])),
      ],
      take(bytes) {
        answered = 0
        hall.take(Buffer.from(bytes), from, socket as never)
        expect(answered, 'bytes of the answer').to.be.at.most(Math.max(bytes.length, 9))
        expect(hall.counts).to.deep.equal({ open: 0, known: 0, openings: 0 })
      },
      close: () => hall.close(),
    }
  },
}

/** What is taken off a WebSocket before its library is handed on there in the same order; the rest reaches the library untouched. */
const smallFrames: Target = {
  name: 'websocket',
  runs: 4000,
  async open() {
    const heard = (bytes: Uint8Array, cut: number): number => {
      const socket = new PassThrough()
      let library = 0
      socket.on('data', (chunk: Buffer) => (library += chunk.length))
      let taken = 0
      const small = new SmallFrames(socket, payload => {
        taken += payload.length + 6
        return true
      })
      for (let at = 0; at < bytes.length; at += cut) socket.emit('data', Buffer.from(bytes.slice(at, at + cut)))
      small.drop()
      socket.destroy()
      return taken + library
    }
    return {
      corpus: [
        frame(BINARY, 'hello', { key: [1, 2, 3, 4] }),
        Buffer.concat([frame(BINARY, 'a'), frame(BINARY, 'b'.repeat(300)), frame(BINARY, 'c')]),
        Buffer.concat([frame(BINARY, 'a', { final: false }), frame(PING, 'x'), frame(0, 'b')]),
        Buffer.concat([frame(TEXT, 'a'), frame(CLOSE, Buffer.of(3, 232)), frame(BINARY, 'late')]),
        frame(BINARY, 'x'.repeat(70_000)).subarray(0, 2000),
      ],
      // Each byte reaches one of the two, however the network cuts them.
      take(bytes) {
        for (const cut of [Math.max(1, bytes.length), 1, 5]) expect(heard(bytes, cut)).to.equal(bytes.length)
      },
      close() {},
    }
  },
}

/** Offers and control messages of WebRTC: texts that are read, or refused with a reason. */
const signalling: Target = {
  name: 'webrtc',
  runs: 4000,
  async open() {
    const offer = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=mid:0',
      'a=ice-ufrag:abcd',
      `a=ice-pwd:${'x'.repeat(24)}`,
      `a=fingerprint:sha-256 ${'00:'.repeat(31)}00`,
      'a=setup:actpass',
      'a=sctp-port:5000',
      'a=max-message-size:262144',
      '',
    ].join('\r\n')
    expect(readOffer(readOffer(offer))).to.equal(readOffer(offer))
    return {
      corpus: [latin(offer), latin(longMessage(300_000)), latin(closeMessage(3, 'bye'))],
      take(bytes) {
        const text = Buffer.from(bytes).toString('latin1')
        const control = readControl(text)
        if (control?.kind === 'close') expect(control.code).to.be.within(0, 0xffff)
        let read: string
        try {
          read = readOffer(text)
        } catch (error) {
          expect((error as Error).message).to.match(/^The offer (has|lacks|takes)|no SDP|SDP/)
          return
        }
        // What is handed on has nothing in it but what was looked at.
        expect(read.length).to.be.below(2000)
        expect(readOffer(read)).to.equal(read)
      },
      close() {},
    }
  },
}

/** What routers say to a game server, and game servers to a router: a link that ends takes its own players along, and no others. */
const linkFrames = [
  hello('router', new Uint8Array(32)),
  opening('10.0.0.1'),
  frameOf(1, 1, 2, 3),
  linkMessage(Wire.Datagram, w => (w.varint(1), w.varint(2), w.raw(Uint8Array.of(1, 2)))),
  linkMessage(Wire.Ended, w => (w.varint(1), w.varint(4), w.text('bye'))),
  linkMessage(Wire.Close, w => (w.varint(1), w.varint(4), w.text('bye'))),
  linkMessage(Wire.Abort, w => w.varint(1)),
  linkMessage(Wire.Waiting, w => (w.varint(1), w.varint(1000))),
  linkMessage(Wire.Frames, w => w.raw(Uint8Array.of(2, 1, 0, 1, 9))),
  linkMessage(Wire.More, w => (w.varint(16_384), w.raw(new Uint8Array(100)))),
  linkMessage(Wire.Mark),
  linkMessage(Wire.Marked),
  linkMessage(Wire.Alive),
]

const linkToServer: Target = {
  name: 'link-to-server',
  runs: 1500,
  async open(): Promise<Opened> {
    const wire = memory()
    const clock = new ManualClock()
    const bench = new Bench(routed(wire, { secret, clock, playersPerLink: 20 }), wire)
    await bench.listen()
    const honest = await RawLink.join(wire, bench.url)
    honest.say(opening('10.1.1.1'))
    const player = await bench.arrival(0)
    let link = await RawLink.join(wire, bench.url)
    let isProven = true
    return {
      corpus: linkFrames,
      async take(bytes) {
        if (link.heard.ends.length > 0) {
          isProven = !isProven
          link = await (isProven ? RawLink.join : RawLink.dial)(wire, bench.url)
        }
        link.say(bytes)
        await turns(2)
        expect(player.ends).to.deep.equal([])
      },
      async close() {
        const heard = player.frames.length
        honest.say(frameOf(1, 42))
        await player.has(heard + 1)
        link.heard.channel.abort()
        honest.say(linkMessage(Wire.Ended, w => (w.varint(1), w.varint(0), w.text(''))))
        await player.ended()
        // Those that have ended without their routers' word have their time.
        const closing = bench.listener.close()
        await clock.advance(20_000)
        await closing
        expect(clock.waiting).to.equal(0)
      },
    }
  },
}

const linkToRouter: Target = {
  name: 'link-to-router',
  runs: 1000,
  async open(): Promise<Opened> {
    const [wire, link] = [memory(), memory()]
    const clock = new ManualClock()
    const servers: RawLink[] = []
    await link.listen(channel => {
      const raw = new RawLink(channel, 'server')
      servers.push(raw)
      return raw.heard
    }, Wire.linkLimits)
    const random = seededRandom(9)
    const router = createRouter({ listen: wire, server: 'memory:', transport: link, links: 1, secret, clock, random })
    for (const event of ['link-down', 'refused'] as const) router.on(event, () => {})
    await router.start()
    const proven = async (): Promise<RawLink> => {
      while (servers.at(-1) === undefined || servers.at(-1)!.heard.ends.length > 0) await clock.advance(1000)
      const server = servers.at(-1)!
      await server.prove()
      await running(router)
      return server
    }
    let server = await proven()
    return {
      corpus: linkFrames,
      async take(bytes) {
        if (server.heard.ends.length > 0) server = await proven()
        server.heard.channel.send({ bytes, room: 0, wire: undefined })
        await turns(2)
        if (server.heard.ends.length > 0) await eventually(() => router.links === 0)
      },
      async close() {
        await router.stop()
        await link.close()
        expect(clock.waiting).to.equal(0)
      },
    }
  },
}

export const wireTargets: readonly Target[] = [
  tcpReader,
  udpConnection,
  udpHall,
  smallFrames,
  signalling,
  linkToServer,
  linkToRouter,
]
