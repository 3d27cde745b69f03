/** The messages that are not calls: how each is written and read. The numbers are in opcodes.ts, the bytes in docs/protocol.md. */
import type { Reader, Writer } from '../base/bytes.ts'
import { MalformedError } from '../base/errors.ts'
import { toHex } from '../base/hex.ts'
import * as Op from './opcodes.ts'
import { protocolVersion } from './version.ts'

/** Longest reasons, names and messages of the day, in bytes. */
const shortText = 4096

export interface Hello {
  readonly protocol: number
  /** Library and version of the server, for people. */
  readonly library: string
  readonly motd: string
}
export function putHello(w: Writer, { library, motd }: Omit<Hello, 'protocol'>): void {
  w.u8(Op.Hello)
  w.varint(protocolVersion)
  w.text(library)
  w.text(motd)
}
export const getHello = (r: Reader): Hello => ({
  protocol: r.varint(),
  library: r.text(shortText),
  motd: r.text(shortText),
})

export interface Select {
  readonly protocol: number
  readonly connectionType: string
  readonly hash: string
  /** Whether the client would come back after a loss. */
  readonly resumes?: boolean
  /** Whether it takes large frames deflated, and would send them so. */
  readonly deflates?: boolean
  /** Whether it takes messages beside the objects. */
  readonly talks?: boolean
}
export function putSelect(
  w: Writer,
  { connectionType, hash, protocol, resumes = false, deflates = false, talks = false }: Select,
): void {
  w.u8(Op.Select)
  w.varint(protocol)
  w.text(connectionType)
  w.text(hash)
  w.u8((resumes ? 1 : 0) | (deflates ? 2 : 0) | (talks ? 4 : 0))
}
export function getSelect(r: Reader): Select {
  const protocol = r.varint()
  const [connectionType, hash] = [r.text(shortText), r.text(shortText)]
  // What follows in other versions is not known.
  const flags = protocol === protocolVersion ? r.u8() : 0
  return {
    protocol,
    connectionType,
    hash,
    resumes: (flags & 1) !== 0,
    deflates: (flags & 2) !== 0,
    talks: (flags & 4) !== 0,
  }
}

/** Longest data of a query, and of its answer, in bytes of JSON. */
export const queryBytes = 1024
export const infoBytes: number = 8 << 10

export interface Query {
  /** Comes back as it is. */
  readonly time: number
  /** The asker's own data as JSON; comes back as it is. */
  readonly json: string
}
export function putQuery(w: Writer, { time, json }: Query): void {
  w.u8(Op.Query)
  w.f64(time)
  w.text(json)
}
export const getQuery = (r: Reader): Query => ({ time: r.f64(), json: r.text(queryBytes) })

/** What a server says of itself to whoever asks. */
export interface Info {
  readonly query: Query
  /** Ms since 1970. */
  readonly wall: number
  readonly players: number
  /** One more than the most that there may be; 0 for any number. */
  readonly maxPlayers: number
  readonly name: string
  /** The game's own data as JSON. */
  readonly json: string
}
export function putInfo(w: Writer, { query, wall, players, maxPlayers, name, json }: Info): void {
  w.u8(Op.Info)
  w.f64(query.time)
  w.text(query.json)
  w.f64(wall)
  w.varint(players)
  w.varint(maxPlayers)
  w.text(name)
  w.text(json)
}
export const getInfo = (r: Reader): Info => ({
  query: getQuery(r),
  wall: r.f64(),
  players: r.varint(),
  maxPlayers: r.varint(),
  name: r.text(shortText),
  json: r.text(infoBytes),
})

/** Credentials travel as JSON: a client without `unknown` fields needs no msgpack. */
export function putLogin(w: Writer, json: string): void {
  w.u8(Op.Login)
  w.text(json)
}
export function getLogin(r: Reader, limit: number): unknown {
  const text = r.text(limit)
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedError('The credentials are no JSON.')
  }
}

export function putOutline(w: Writer, json: string): void {
  w.u8(Op.Outline)
  w.text(json)
}
export const getOutline = (r: Reader): string => r.text(1 << 20)

/** What a client found to differ in that outline, for the server's log: a line each. */
export function putDiffers(w: Writer, lines: string): void {
  w.u8(Op.Differs)
  w.text(lines)
}
export const getDiffers = (r: Reader): string => r.text(shortText)

export interface Welcome {
  readonly clientId: number
  /** For resuming the connection; empty where the server offers none. */
  readonly token: string
  /** How long after a loss that is possible, ms. */
  readonly windowMs: number
  /** 0 for none. */
  readonly avatar: number
  /** The zone whose opening follows, or null. */
  readonly zone: number | null
  /** Ms on the server's clock. */
  readonly serverTime: number
  /** 1: large frames may come deflated. 2: the server takes messages beside the objects. */
  readonly abilities: number
}
export function putWelcome(w: Writer, welcome: Welcome): void {
  const { clientId, token, windowMs, avatar, zone, serverTime, abilities } = welcome
  w.u8(Op.Welcome)
  w.varint(clientId)
  w.text(token)
  w.varint(windowMs)
  w.varint(avatar)
  putZone(w, zone)
  w.f64(serverTime)
  w.u8(abilities)
}
export const getWelcome = (r: Reader): Welcome => ({
  clientId: r.varint(),
  token: r.text(shortText),
  windowMs: r.varint(),
  avatar: r.varint(),
  zone: getZone(r),
  serverTime: r.f64(),
  abilities: r.u8(),
})

/** A zone or none: 0 for none, else the zone's number and one. */
export function putZone(w: Writer, zone: number | null): void {
  w.varint(zone === null ? 0 : zone + 1)
}
export function getZone(r: Reader): number | null {
  const zone = r.varint() - 1
  if (zone > 0xffffffff) throw new MalformedError(`${zone} is no zone.`)
  return zone < 0 ? null : zone
}

/** What a Watch asks for; the place in the list is its byte. */
export const watchModes = ['set', 'add', 'delete'] as const
export type WatchMode = (typeof watchModes)[number]

/** How an Enter begins. The fields follow, with their length. */
export interface Enter {
  /** Class id. */
  readonly type: number
  readonly id: number
  readonly zone: number | null
  /** 24 hex digits. */
  readonly storedId: string | null
  /** A client's id; 0 for none. */
  readonly owner: number
}
const inZone = 1
const stored = 4
export function putEnter(
  w: Writer,
  type: number,
  id: number,
  zone: number | null,
  storedId: string | null,
  owner: number,
): void {
  w.u8(Op.Enter)
  w.varint(type)
  w.varint(id)
  w.u8((zone === null ? 0 : inZone) | (storedId ? stored : 0))
  if (zone !== null) w.varint(zone)
  if (storedId) for (let i = 0; i < 24; i += 2) w.u8(Number.parseInt(storedId.slice(i, i + 2), 16))
  w.varint(owner)
}
export function getEnter(r: Reader): Enter {
  const type = r.varint()
  const id = r.varint()
  const flags = r.u8()
  return {
    type,
    id,
    zone: flags & inZone ? r.varint() : null,
    storedId: flags & stored ? toHex(r.raw(12)) : null,
    owner: r.varint(),
  }
}

export function putZoneDone(w: Writer, zone: number, count: number): void {
  w.u8(Op.ZoneDone)
  w.varint(zone)
  w.varint(count)
}

export function putLeave(w: Writer, id: number, deleted: boolean): void {
  w.u8(Op.Leave)
  w.varint(id)
  w.u8(deleted ? 1 : 0)
}
export const getLeave = (r: Reader): { id: number; deleted: boolean } => ({ id: r.varint(), deleted: r.u8() === 1 })

/** @param latency round trip in ms that the sender measured last; 0 for none. @param heard how many of the other side's frames have come. */
export function putPing(w: Writer, time: number, latency: number, heard = 0): void {
  w.u8(Op.Ping)
  w.f64(time)
  w.f32(latency)
  w.varint(heard)
}
export const getPing = (r: Reader): { time: number; latency: number; heard: number } => ({
  time: r.f64(),
  latency: r.f32(),
  heard: r.varint(),
})

/** @param echoed the time of the Ping that is answered. */
export function putPong(w: Writer, echoed: number, time: number, heard = 0): void {
  w.u8(Op.Pong)
  w.f64(echoed)
  w.f64(time)
  w.varint(heard)
}
export const getPong = (r: Reader): { echoed: number; time: number; heard: number } => ({
  echoed: r.f64(),
  time: r.f64(),
  heard: r.varint(),
})

export function putAck(w: Writer, heard: number): void {
  w.u8(Op.Ack)
  w.varint(heard)
}

/** What a client says that comes back after a loss. */
export interface Resume {
  readonly token: string
  /** How many of the server's frames have come. */
  readonly heard: number
}
export function putResume(w: Writer, { token, heard }: Resume): void {
  w.u8(Op.Resume)
  w.text(token)
  w.varint(heard)
}
export const getResume = (r: Reader): Resume => ({ token: r.text(64), heard: r.varint() })

export interface Resumed {
  /** For the next time; it takes the place of the one that was used. */
  readonly token: string
  /** How many of the client's frames have come. */
  readonly heard: number
  /** The number of the server's frame before the one that follows. */
  readonly sent: number
  /** What was missed is not known any more: everything is told anew. */
  readonly fresh: boolean
  /** Ms on the server's clock. */
  readonly serverTime: number
}
export function putResumed(w: Writer, { token, heard, sent, fresh, serverTime }: Resumed): void {
  w.u8(Op.Resumed)
  w.text(token)
  w.varint(heard)
  w.varint(sent)
  w.u8(fresh ? 1 : 0)
  w.f64(serverTime)
}
export const getResumed = (r: Reader): Resumed => ({
  token: r.text(64),
  heard: r.varint(),
  sent: r.varint(),
  fresh: r.u8() === 1,
  serverTime: r.f64(),
})

export function putTicket(w: Writer, ticket: string): void {
  w.u8(Op.Ticket)
  w.text(ticket)
}

/** Where a client is to go on. */
export interface Transfer {
  readonly url: string
  readonly ticket: string
}
export function putTransfer(w: Writer, { url, ticket }: Transfer): void {
  w.u8(Op.Transfer)
  w.text(url)
  w.text(ticket)
}
export const getTransfer = (r: Reader): Transfer => ({ url: r.text(shortText), ticket: r.text(1 << 16) })

export function putClose(w: Writer, code: number, text: string): void {
  w.u8(Op.Close)
  w.varint(code)
  w.text(text)
}
export const getClose = (r: Reader): { code: number; text: string } => ({ code: r.varint(), text: r.text(shortText) })

/** Reads a length and gives the position at which so many bytes end. */
export function getWindow(r: Reader): number {
  const length = r.varint()
  if (length > r.remaining) throw new MalformedError('A message ends before its content does.')
  return r.position + length
}

/** A reason for a veto or refusal. */
export const getReason = (r: Reader): string => r.text(shortText)
export function putReason(w: Writer, reason: string): void {
  w.text(shortened(reason))
}

/** As much of a text for people as the other side reads: 1024 code points. */
export const shortened = (text: string): string => [...text.slice(0, 2048)].slice(0, 1024).join('')
