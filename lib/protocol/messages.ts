/** The messages that are not calls: how each is written and read. The numbers are in opcodes.ts, the bytes in docs/protocol.md. */
import type { Reader, Writer } from '../base/bytes.ts'
import { MalformedError } from '../base/errors.ts'
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
}
export function putSelect(w: Writer, { connectionType, hash, protocol }: Select): void {
  w.u8(Op.Select)
  w.varint(protocol)
  w.text(connectionType)
  w.text(hash)
}
export const getSelect = (r: Reader): Select => ({
  protocol: r.varint(),
  connectionType: r.text(shortText),
  hash: r.text(shortText),
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
  /** 0 for none. */
  readonly avatar: number
  /** The zone whose opening follows, or null. */
  readonly zone: number | null
  /** Ms on the server's clock. */
  readonly serverTime: number
}
export function putWelcome(w: Writer, { clientId, token, avatar, zone, serverTime }: Welcome): void {
  w.u8(Op.Welcome)
  w.varint(clientId)
  w.text(token)
  w.varint(avatar)
  putZone(w, zone)
  w.f64(serverTime)
}
export const getWelcome = (r: Reader): Welcome => ({
  clientId: r.varint(),
  token: r.text(shortText),
  avatar: r.varint(),
  zone: getZone(r),
  serverTime: r.f64(),
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
    storedId: flags & stored ? Array.from(r.raw(12), byte => byte.toString(16).padStart(2, '0')).join('') : null,
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

/** @param latency round trip in ms that the sender measured last; 0 for none. */
export function putPing(w: Writer, time: number, latency: number): void {
  w.u8(Op.Ping)
  w.f64(time)
  w.f32(latency)
}
export const getPing = (r: Reader): { time: number; latency: number } => ({ time: r.f64(), latency: r.f32() })

/** @param echoed the time of the Ping that is answered. */
export function putPong(w: Writer, echoed: number, time: number): void {
  w.u8(Op.Pong)
  w.f64(echoed)
  w.f64(time)
}
export const getPong = (r: Reader): { echoed: number; time: number } => ({ echoed: r.f64(), time: r.f64() })

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
  w.text([...reason].slice(0, 1024).join(''))
}
