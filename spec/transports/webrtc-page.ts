/** What the page of webrtc-browser.spec.ts can do: bundled for browsers and called by the spec. */
import { connect } from 'fieldcast/client'
import { webrtcDialer } from 'fieldcast/transports/webrtc'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import { Player } from './webrtc-model.ts'

interface Heard {
  frames: number[][]
  datagrams: number[][]
  end: { code: number | undefined; text: string } | null
}

let channel: Channel
let heard: Heard

/** A frame of so many bytes, all of them `value`. */
const filled = (length: number, value: number): Frame => new Frame(new Uint8Array(length).fill(value))
/** Length, first and last byte. */
const digest = (bytes: Uint8Array): number[] => [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1]

export const page = {
  async dial(url: string, timeout = 10_000): Promise<string> {
    heard = { frames: [], datagrams: [], end: null }
    try {
      await webrtcDialer({ timeout }).dial(
        url,
        opened => {
          channel = opened
          return {
            frame: bytes => heard.frames.push(digest(bytes)),
            datagram: bytes => heard.datagrams.push(digest(bytes)),
            end: (code, text) => {
              heard.end = { code, text }
            },
          }
        },
        { maxFrame: 1 << 20 },
      )
      return 'open'
    } catch (error) {
      return String(error)
    }
  },
  send(length: number, value: number): void {
    channel.send(filled(length, value))
  },
  datagram(length: number, value: number): void {
    channel.datagrams!.send(filled(length, value))
  },
  close(code: number, text: string): void {
    channel.close(code, text)
  },
  abort(): void {
    channel.abort()
  },
  heard: (): Heard => heard,
  buffered: (): number => channel.buffered,
  maxDatagram: (): number => channel.datagrams!.maxSize,

  /** Plays: says something, hears what is said by others, walks, and leaves. */
  async play(url: string): Promise<unknown> {
    const client = await connect(url, { classes: [Player] })
    client.avatar.send.say('from the page')
    for (let i = 1; i <= 20; i++) client.avatar.send.walk(i)
    const others = (): Player[] => ([...client.objects] as Player[]).filter(other => other !== client.avatar)
    const isOver = (): boolean =>
      client.avatar.at === 20 && others().some(other => other.at === 20 && other.heard.includes('from Node'))
    while (!isOver()) await new Promise(resolve => setTimeout(resolve, 10))
    const story = { own: client.avatar.heard, others: others().map(other => other.heard) }
    client.close()
    return story
  },
}

Object.assign(globalThis, { page })
