/** Counts what the process holds open, so that a spec can see whether all of it is given back. */
import { eventually, turns } from './recorder.ts'

const KINDS = ['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'Timeout', 'PipeWrap', 'UDPWrap']

/** How many sockets, servers and timers are open. */
function openHandles(): number {
  return process.getActiveResourcesInfo().filter(kind => KINDS.includes(kind)).length
}

/** The same once mocha's own timer for an asynchronous hook runs, as it does wherever the number is compared. */
export async function settledHandles(): Promise<number> {
  await turns(1)
  return openHandles()
}

/** Resolves once no more is open than `before`. */
export async function expectReturnTo(before: number): Promise<void> {
  await eventually(() => openHandles() <= before)
}
