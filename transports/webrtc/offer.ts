/**
 * Reads a client's offer. Of what a stranger wrote, only the few values that count go on, each after a look, in a text of our own: the native
 * parser sees no other. Candidates are left out: the client comes to the server's addresses, and the server sends no packet to an address, and asks
 * for no name, that somebody merely wrote into an offer.
 */
import { MalformedError } from '../../lib/base/errors.ts'
import { PIECE } from './peer.ts'

/** Longest offer, bytes. Browsers write fewer than 2,000. */
export const MAX_OFFER: number = 16 << 10

const fault = (text: string): MalformedError => new MalformedError(text)

/** The offer in our own words, as SDP. @throws MalformedError that says what is wrong with it. */
export function readOffer(text: string): string {
  const lines = text.split(/\r?\n/)
  if (lines[0] !== 'v=0') throw fault('The body is no SDP: an offer of WebRTC begins with v=0.')
  const media = lines.filter(line => line.startsWith('m='))
  if (media.some(line => /^m=(audio|video)\b/.test(line)))
    throw fault('The offer has audio or video; this is a game server, which takes data channels only.')
  if (media.length === 0) throw fault('The offer has no data channels (m=application).')
  if (media.length > 1 || !/^m=application \d{1,5} (UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/.test(media[0]!))
    throw fault('The offer has something else than one m=application of UDP/DTLS/SCTP with webrtc-datachannel.')

  const value = (name: string, form: RegExp, otherwise?: string): string => {
    const found = new Set(
      lines.filter(line => line.startsWith(`a=${name}:`)).map(line => line.slice(name.length + 3).trim()),
    )
    const [first = otherwise] = found
    if (first === undefined) throw fault(`The offer lacks a=${name}.`)
    if (found.size > 1) throw fault(`The offer has more than one a=${name}.`)
    if (!form.test(first)) throw fault(`The offer has an a=${name} that cannot be used.`)
    return first
  }
  const mid = value('mid', /^[\w.-]{1,32}$/)
  const port = value('sctp-port', /^\d{1,5}$/, '5000')
  const longest = value('max-message-size', /^\d{1,10}$/, '65536')
  if (Number(port) < 1 || Number(port) > 65_535) throw fault('The offer has an a=sctp-port that cannot be used.')
  if (longest !== '0' && Number(longest) < PIECE) throw fault(`The offer takes no messages of ${PIECE} bytes.`)
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=ice-ufrag:${value('ice-ufrag', /^[\w+/-]{4,256}$/)}`,
    `a=ice-pwd:${value('ice-pwd', /^[\w+/-]{22,256}$/)}`,
    'a=ice-options:trickle',
    `a=fingerprint:${value('fingerprint', /^sha-256 ([\dA-F]{2}:){31}[\dA-F]{2}$/i)}`,
    `a=setup:${value('setup', /^(actpass|active|passive)$/)}`,
    `a=sctp-port:${port}`,
    `a=max-message-size:${longest}`,
    '',
  ].join('\r\n')
}
