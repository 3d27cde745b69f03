/** Hostile connections: those that drip, flood, fall silent, come from elsewhere or speak something else. Rules 28, 31 and 32 of docs/guarantees.md. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { closeName } from '../../lib/protocol/close.ts'
import { DATA, RESET } from '../../transports/udp/packets.ts'
import { fromFrameCode } from '../../transports/websocket/close-frame.ts'
import { type Attack, besiege, type Target } from '../support/besiege.ts'
import { Intruder, stranger } from '../support/intruder.ts'
import type { RawClient as Stranger } from '../support/raw-client.ts'
import { helloOf, openingOf, socketTo, UdpVisitor, wireForm } from '../support/raw-streams.ts'
import { siegeClasses } from '../support/siege.ts'
import { type WireName, wallOf } from '../support/walls.ts'
import { BINARY, frame, RawClient, upgradeRequest } from '../transports/raw-client.ts'
import { eventually } from '../transports/recorder.ts'
import { anOffer } from '../transports/webrtc-bench.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const offerPath = '/fieldcast-rtc'

/** What a socket was told until it ended. */
async function endOf(socket: Socket): Promise<string> {
  let heard = ''
  socket.on('data', bytes => (heard += bytes.toString('latin1')))
  if (!socket.destroyed) await once(socket, 'close')
  return heard
}

/** Writes a byte a turn until the server has had enough of it. */
async function drip(target: Target, bytes: Buffer): Promise<string> {
  const socket = await socketTo(target)
  const end = endOf(socket)
  let isOver = false
  void end.then(() => (isOver = true))
  for (let at = 0; at < bytes.length && !isOver; at++) {
    socket.write(bytes.subarray(at, at + 1))
    await turn()
  }
  const heard = await end
  socket.destroy()
  return heard
}

/** Half a request that never ends, byte by byte, and a crowd that does not send even that. */
const dripping: Attack = {
  wall: { patience: 200 },
  async run(target) {
    const silent = await Promise.all(Array.from({ length: 20 }, () => socketTo(target)))
    const ends = silent.map(endOf)
    const opening = openingOf(target)
    const isHttp = opening.includes('HTTP')
    const header = Buffer.from(`POST ${offerPath} HTTP/1.1\r\nHost: localhost\r\nX: ${'drip '.repeat(1_000_000)}`)
    const heard = await drip(target, isHttp ? header.subarray(0, 12_000) : opening.subarray(0, opening.length - 1))
    if (isHttp) expect(heard).to.match(/^HTTP\/1\.1 4(08|31)|^$/)
    else expect(heard).to.equal('')
    await Promise.all(ends)
  },
}

async function tooMuchHeader(target: Target): Promise<void> {
  const socket = await socketTo(target)
  const end = endOf(socket)
  const opening = openingOf(target)
  const head = opening.includes('HTTP') ? opening.subarray(0, opening.length - 4) : opening.subarray(0, 3)
  const rest = opening.includes('HTTP') ? Buffer.from(`\r\nX: ${'x'.repeat(100_000)}`) : Buffer.alloc(100_000, 0x78)
  socket.write(Buffer.concat([head, rest]))
  expect(await end).to.match(opening.includes('HTTP') ? /^HTTP\/1\.1 431/ : /Something else than fieldcast/)
}

const foreignOrigin: Attack = {
  wall: { origins: ['https://game.example'], patience: 1000 },
  async run({ port, wire }) {
    // Of programs that name no page there is nothing to refuse: they could name any.
    for (const [origin, isIn] of [
      ['https://evil.example', false],
      ['https://game.example.evil.example', false],
      ['null', false],
      ['', true],
      ['https://game.example', true],
    ] as const) {
      const headers: Record<string, string> = origin === '' ? {} : { Origin: origin }
      if (wire === 'webrtc') {
        const answer = await fetch(`http://127.0.0.1:${port}${offerPath}`, {
          method: 'POST',
          body: anOffer(),
          headers: { 'Content-Type': 'application/sdp', ...headers },
        })
        expect(answer.status, origin).to.equal(isIn ? 201 : 403)
        await answer.text()
      } else {
        const raw = await RawClient.open(port, upgradeRequest('/', headers))
        expect(await raw.answer(), origin).to.match(isIn ? /^HTTP\/1\.1 101/ : /^HTTP\/1\.1 403/)
        raw.socket.destroy()
      }
    }
  },
}

/** Somebody who claims another address each time counts as where he is. */
const forgedForwarding: Attack = {
  server: { limits: { connectionsPerAddress: 4 } },
  async run(target) {
    const { port, wire } = target
    const names = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Client-IP', 'CF-Connecting-IP', 'X-Forwarded-For']
    const forged = names.map((name, i) => ({ [name]: name === 'Forwarded' ? 'for=203.0.113.77' : `203.0.113.${i}` }))
    if (wire === 'webrtc') {
      const { RawPeer } = await import('../transports/webrtc-bench.ts')
      const url = target.siege.world.url
      const raws = await Promise.all(forged.map(headers => RawPeer.connected({ url } as never, headers)))
      await eventually(() => raws.filter(raw => raw.texts.some(text => text.startsWith('close 12 '))).length === 3)
      for (const raw of raws) raw.close()
      return
    }
    const raws: RawClient[] = []
    for (const headers of forged) {
      const raw = await RawClient.open(port, upgradeRequest('/', headers))
      await raw.answer()
      raw.socket.write(frame(BINARY, helloOf(target)))
      raws.push(raw)
    }
    // The honest client has one of the four places.
    const codes = await Promise.all(raws.slice(3).map(raw => raw.closeCode()))
    expect(codes.map(code => closeName(fromFrameCode(code!)!))).to.deep.equal(Array(3).fill('too-many-connections'))
    for (const raw of raws) raw.socket.destroy()
  },
}

/** Those beyond the number are refused, and taken again when others have gone; where addresses are told by a proxy, each of its clients has its own number. */
const crowd: Attack = {
  server: { limits: { connectionsPerAddress: 4 } },
  async run({ siege, wire }) {
    const raws: Stranger[] = []
    for (let i = 0; i < 9; i++) {
      const raw = await siege.stranger()
      raws.push(raw)
      // Whoever only asks a question may come beyond that number, for a moment.
      raw.select(siege.world.server.schemaHash)
      if (i < 3) await siege.heard(raw)
    }
    for (const raw of raws.slice(3)) expect(closeName(await siege.end(raw))).to.equal('too-many-connections')
    expect(raws.slice(0, 3).map(({ ended }) => ended)).to.deep.equal([null, null, null])
    const gone = goodbyes(siege.world.server, 3)
    for (const raw of raws) raw.abort()
    await siege.world.until(gone)
    const again = await siege.stranger()
    again.select(siege.world.server.schemaHash)
    await siege.heard(again)
    expect(again.ended).to.equal(null)
    again.abort()
    if (wire === 'websocket') await networksOfOneHousehold()
  },
}

/** One household has 64 bits of addresses: they are one. */
async function networksOfOneHousehold(): Promise<void> {
  const { World } = await import('fieldcast/testing')
  const world = await World.start({
    server: { classes: siegeClasses, limits: { connectionsPerAddress: 2 } },
    client: { classes: siegeClasses as never },
    wire: wallOf('websocket', { trustedProxies: ['127.0.0.1'] }),
  })
  try {
    const port = Number(new URL(world.url).port)
    const target = { siege: { world } } as unknown as Target
    const come = async (address: string): Promise<RawClient> => {
      const raw = await RawClient.open(port, upgradeRequest('/', { 'X-Forwarded-For': address }))
      await raw.answer()
      raw.socket.write(frame(BINARY, helloOf(target)))
      return raw
    }
    const raws: RawClient[] = []
    for (const last of ['::1', ':1::2', ':ffff:ffff:ffff:ffff']) raws.push(await come(`2001:db8:1:2${last}`))
    expect(closeName(fromFrameCode((await raws[2]!.closeCode())!)!)).to.equal('too-many-connections')
    const neighbour = await come('2001:db8:1:3::1')
    await eventually(() => world.server.clients.size === 3)
    for (const raw of [...raws, neighbour]) raw.socket.destroy()
    await eventually(() => world.server.clients.size === 0)
  } finally {
    await world.stop()
  }
}

/** Resolves when so many connections have ended. */
function goodbyes(server: Target['siege']['world']['server'], count: number): Promise<void> {
  return new Promise(resolve => {
    const off = server.on('close', () => {
      if (--count > 0) return
      off()
      resolve()
    })
  })
}

const silence: Attack = {
  server: { limits: { handshakeMs: 300 } },
  async run({ siege }) {
    const raws: Stranger[] = []
    for (let i = 0; i < 12; i++) {
      const raw = await siege.stranger()
      raws.push(raw)
      if (i % 3 > 0) raw.select(siege.world.server.schemaHash)
      // A ping is a word, but none of a login.
      if (i % 3 > 1) await siege.heard(raw)
    }
    for (const raw of raws) expect(closeName(await siege.end(raw))).to.equal('handshake-timeout')
  },
}

/** A client whose machine has gone without a word, and one that has said goodbye with one half alone. */
const halfOpen: Attack = {
  server: { limits: { heartbeatMs: 50, silenceMs: 250 } },
  async run(target) {
    const { siege, wire } = target
    // It answers no ping.
    const silent = await Intruder.join(siege.world, siegeClasses)
    const closed = new Promise<string>(resolve => {
      const off = siege.world.server.on('close', ({ client, reason }) => {
        if (client?.id !== silent.id) return
        off()
        resolve(reason)
      })
    })
    // Not every wire can tell it: nobody may be there to hear it.
    expect(await siege.world.until(closed)).to.equal('heartbeat-timeout')
    await siege.world.until(silent.raw.gone)
    if (wire === 'udp' || wire === 'webrtc') return
    const socket = await socketTo(target, true)
    socket.write(openingOf(target))
    await once(socket, 'data')
    const gone = goodbyes(siege.world.server, 1)
    socket.write(wireForm(target, helloOf(target)))
    socket.end()
    await siege.world.until(gone)
    socket.destroy()
  },
}

async function storm({ siege, wire }: Target): Promise<void> {
  const rounds = wire === 'webrtc' ? 3 : 8
  for (let round = 0; round < rounds; round++) {
    const raws = await Promise.all(Array.from({ length: 8 }, () => stranger(siege.world)))
    for (const [i, raw] of raws.entries()) {
      if (i % 4 > 0) raw.select(siege.world.server.schemaHash)
      if (i % 4 > 1) raw.login()
      if (i % 4 > 2) await siege.heard(raw)
      raw.abort()
    }
  }
}

/** The first words of TLS 1.3, with lengths that fit. */
const tlsHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(194, 7)])

async function wrongTongue(target: Target): Promise<void> {
  const { wire, port } = target
  if (wire === 'udp') {
    const visitor = await UdpVisitor.open(port)
    // DTLS, and QUIC.
    await visitor.send(Buffer.concat([Buffer.from('16fefd0000000000000000', 'hex'), Buffer.alloc(1189)]))
    await visitor.send(Buffer.concat([Buffer.from('c000000001', 'hex'), Buffer.alloc(1195)]))
    // They are read by the time that this is: it ends the connection.
    const gone = goodbyes(target.siege.world.server, 1)
    await visitor.send(Buffer.concat([Buffer.of(RESET), idBytes(visitor)]))
    await target.siege.world.until(gone)
    expect(visitor.received.filter(packet => packet[0] !== DATA)).to.deep.equal([])
    visitor.close()
    return
  }
  const speak = async (bytes: Buffer | string): Promise<string> => {
    const raw = await RawClient.open(port)
    raw.socket.write(bytes)
    const answer = await raw.wholeAnswer()
    raw.socket.destroy()
    return answer
  }
  if (wire === 'tls') {
    // Neither a plain greeting nor a web page is answered in words that only TLS may hear.
    for (const plain of [openingOf(target), upgradeRequest()]) expect(await speak(plain)).to.not.include('HTTP')
  } else expect(await speak(tlsHello)).to.match(wire === 'tcp' ? /Something else than fieldcast/ : /^HTTP\/1\.1 400/)
}

const idBytes = ({ id }: UdpVisitor): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32LE(id.low, 0)
  bytes.writeInt32LE(id.high, 4)
  return bytes
}

const each = (wires: readonly WireName[], attack: Attack | Attack['run']) => ({
  on: Object.fromEntries(wires.map(wire => [wire, attack])),
})

besiege('connection', {
  'slow header drip': each(['websocket', 'tcp', 'tls', 'webrtc', 'router'], dripping),
  'oversized header': each(['websocket', 'tcp', 'tls', 'webrtc', 'router'], tooMuchHeader),
  'foreign or missing Origin': each(['websocket', 'webrtc', 'router'], foreignOrigin),
  'forged forwarding header': each(['websocket', 'webrtc', 'router'], forgedForwarding),
  'flood from one address': crowd,
  'upgrade then silence': silence,
  'half-open socket': halfOpen,
  'reconnect storm': storm,
  'TLS on the plain port and the reverse': wrongTongue,
})
