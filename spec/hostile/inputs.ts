/**
 * The table of hostile inputs: which applies on which wire, and why not elsewhere. The specs beside it hold a test for each `true`, and `inputs.spec.ts` that none is missing.
 * An input that says `true` on all wires is one of the protocol above them: the wire carries it and must not mind.
 */
import { type WireName, wireNames } from '../support/walls.ts'

/** True, or why the input does not exist there. */
export type Reach = Readonly<Record<WireName, true | string>>

const everywhere: Reach = Object.fromEntries(wireNames.map(wire => [wire, true])) as Record<WireName, true>

/** On some wires; `why` says for each other one why not, or for all of them. */
function on(wires: readonly WireName[], why: string | Partial<Record<WireName, string>>): Reach {
  const reach = wireNames.map(wire => {
    const reason = typeof why === 'string' ? why : why[wire]
    if (!wires.includes(wire) && !reason) throw new Error(`The table does not say why not on ${wire}.`)
    return [wire, wires.includes(wire) || reason]
  })
  return Object.fromEntries(reach)
}

const http = ['websocket', 'webrtc', 'router'] as const
const webSockets = ['websocket', 'router'] as const

const connection = {
  'slow header drip': on(['websocket', 'tcp', 'tls', 'webrtc', 'router'], 'a first packet is whole or nothing'),
  'oversized header': on(
    ['websocket', 'tcp', 'tls', 'webrtc', 'router'],
    'a packet is as long as it is; see datagrams',
  ),
  'foreign or missing Origin': on(http, 'no page of a browser speaks it'),
  'forged forwarding header': on(http, 'it has no headers: the address is the socket’s'),
  'flood from one address': everywhere,
  'upgrade then silence': everywhere,
  'half-open socket': everywhere,
  'reconnect storm': everywhere,
  'TLS on the plain port and the reverse': everywhere,
}

const framing = {
  'length 2^63': on(['websocket', 'udp', 'webrtc', 'router'], 'a length has 32 bits; see a length prefix'),
  'unmasked frame': on(webSockets, 'it masks nothing'),
  'reserved opcode or bit': on(
    ['websocket', 'udp', 'webrtc', 'router'],
    'there are lengths and closes, and nothing reserved',
  ),
  'fragment flood': on(
    ['websocket', 'udp', 'webrtc', 'router'],
    'a stream has no fragments: spec/transports/tcp-reader.spec.ts cuts it everywhere',
  ),
  'ping flood': everywhere,
  'bad UTF-8 or close code': everywhere,
  'deflate bomb, many small ones': everywhere,
  'a length prefix above the limit or never completed': everywhere,
  'datagrams of 0 and 65,507 bytes or with a forged source': on(['udp', 'webrtc'], 'it has no datagrams'),
}

const codec = {
  '4 GB headers': everywhere,
  'depth 100,000': everywhere,
  '__proto__ constructor toString keys': everywhere,
  'slow reader': on(['websocket', 'tcp', 'tls', 'udp', 'router'], {
    webrtc: 'the other end’s library reads by itself, also where its program does not',
  }),
  'extension types': everywhere,
  'NaN, infinities, -0 and bigint for a number': everywhere,
  'lone surrogates and overlong UTF-8': everywhere,
  'duplicate keys': everywhere,
  'trailing bytes': everywhere,
  'empty message': everywhere,
  '65,000 keys': everywhere,
  'a cut at every byte': everywhere,
}

const protocol = {
  'message before login': everywhere,
  'second hello or login': everywhere,
  'unknown or server-only field': everywhere,
  'another’s object': everywhere,
  'a field named constructor': everywhere,
  'call flood and endless request': everywhere,
  replay: everywhere,
  reorder: everywhere,
  'wrapped sequence and far future': everywhere,
  'acknowledgement of what was never sent': everywhere,
  'expired, alg: none or foreign token': everywhere,
  'watching everything': everywhere,
  'create and destroy churn': everywhere,
  'id exhaustion': everywhere,
}

/** What datagrams, resuming, transfer and queries bring. Links of routers: spec/transports/router-hostile.spec.ts, where the players are the honest ones. */
const newer = {
  'datagrams without a number, of other messages, of fields that do not travel so': on(
    ['udp', 'webrtc'],
    'it has no datagrams',
  ),
  'datagrams to others’ objects': on(['udp', 'webrtc'], 'it has no datagrams'),
  'datagrams that are replayed, reordered, wrapped, of the far future': on(['udp', 'webrtc'], 'it has no datagrams'),
  'datagram flood': on(['udp', 'webrtc'], 'it has no datagrams'),
  'Confirm of what does not travel so, and a flood of them': everywhere,
  'a resume token that is guessed, cut, foreign or used': everywhere,
  'a resume token of a living client': everywhere,
  'a resume behind frames that were never sent': everywhere,
  'a ticket that is forged, altered, cut, used or expired': everywhere,
  'query flood': everywhere,
}

export const inputs = { connection, framing, codec, protocol, newer }

export type Group = keyof typeof inputs
export type InputOf<G extends Group> = keyof (typeof inputs)[G] & string
