/** The only door to node:dgram. */
import type { Buffer } from 'node:buffer'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { listenFailure, listenHosts, type Place } from '../listen-host.ts'

export type { Socket } from 'node:dgram'

/** What the system is asked to keep for us in either direction while we compute, bytes. It gives what it likes. */
const KEPT = 2 << 20
/** What may wait in this process for the system, bytes, before datagrams are dropped. */
const CLOGGED = 1 << 18
/** How often another port is taken where the system's choice is free in one family alone. */
const TRIES = 8

/** What a system answers that lacks the family of an address. */
const noSuchFamily = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'EPROTONOSUPPORT']

/** A socket for addresses of one family, or, for listening at all addresses, of both. */
export function openSocket(isSix: boolean): Socket {
  return createSocket({
    type: isSix ? 'udp6' : 'udp4',
    // All addresses are numbers here; the system's own look-up would cost each packet a turn.
    lookup: (host, _options, found) => found(null, host, isSix ? 6 : 4),
  })
}

/** Asks for large buffers, so that a long turn of ours loses no packets. */
export function widen(socket: Socket): void {
  try {
    socket.setRecvBufferSize(KEPT)
    socket.setSendBufferSize(KEPT)
  } catch {
    // Some systems refuse instead of giving what they have.
  }
}

export const isClogged = (socket: Socket): boolean => socket.getSendQueueSize() > CLOGGED

/** Sends, and lets what the system does not take be lost. */
export function post(socket: Socket, packet: Buffer, port: number, address: string): void {
  try {
    socket.send(packet, port, address)
  } catch {
    // The socket was closed meanwhile.
  }
}

/** Sends to where a socket is connected. */
export function postConnected(socket: Socket, packet: Buffer): void {
  try {
    socket.send(packet)
  } catch {
    // The socket was closed meanwhile.
  }
}

/** Closes a socket; harmless where it is closed. */
export function closeSocket(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    try {
      socket.close(() => resolve())
    } catch {
      resolve()
    }
  })
}

/**
 * Sockets that listen at `place`: two for this machine alone, in both families.
 * @throws ConnectionFailed that says what to do.
 */
export async function listenAt(place: Place): Promise<Socket[]> {
  for (let tries = TRIES; ; tries--) {
    const sockets: Socket[] = []
    try {
      for (const host of listenHosts(place.host)) await add(sockets, host, place.port)
      if (sockets.length > 0) return sockets
      throw Object.assign(new Error('this machine has no network'), { code: 'EADDRNOTAVAIL' })
    } catch (error) {
      await Promise.all(sockets.map(closeSocket))
      if (place.port !== 0 || tries === 0 || sockets.length === 0)
        throw listenFailure(error as NodeJS.ErrnoException, place, 'udp')
    }
  }
}

/** Binds one more socket, to the port of the first. A loopback address of a family that is missing is left out. */
async function add(sockets: Socket[], host: string | undefined, port: number): Promise<void> {
  const chosen = sockets[0]?.address().port ?? port
  try {
    sockets.push(await bound(chosen, host ?? '::'))
  } catch (error) {
    const isMissing = noSuchFamily.includes((error as NodeJS.ErrnoException).code ?? '')
    if (host === undefined && isMissing) sockets.push(await bound(chosen, '0.0.0.0'))
    else if (!isMissing || (host !== '127.0.0.1' && host !== '::1')) throw error
  }
}

async function bound(port: number, host: string): Promise<Socket> {
  const { address } = await lookup(host)
  return new Promise((resolve, reject) => {
    const socket = openSocket(isIPv6(address))
    socket.once('error', error => {
      void closeSocket(socket)
      reject(error)
    })
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error')
      // What one packet met on its way is no matter for the others.
      socket.on('error', () => {})
      widen(socket)
      resolve(socket)
    })
  })
}
