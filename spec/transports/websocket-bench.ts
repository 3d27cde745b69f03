/** What the WebSocket specs share: servers that are closed after each test, with nothing left open. */
import { expect } from 'chai'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { type DialerOptions, type WebsocketOptions, websocket, websocketDialer } from '../../transports/websocket.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { Bench } from './recorder.ts'

export interface Benches {
  /** A listening server and a dialer. */
  opened(options?: WebsocketOptions, dialer?: DialerOptions): Promise<Bench>
  closeAll(): Promise<void>
}

/** To call within `describe`: after each test all is closed, and no socket, server or timer stays, whatever the test did. */
export function websocketBenches(): Benches {
  const benches: Bench[] = []
  let before = 0

  const closeAll = async (): Promise<void> => {
    await Promise.all(benches.splice(0).map(bench => bench.listener.close()))
  }
  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    await closeAll()
    await expectReturnTo(before)
  })

  return {
    async opened(options = {}, dialer) {
      const bench = new Bench(websocket({ port: 0, ...options }), websocketDialer(dialer))
      await bench.listen()
      benches.push(bench)
      return bench
    },
    closeAll,
  }
}

export function portOf(bench: Bench): number {
  return Number(new URL(bench.url).port)
}

/** The ConnectionFailed that `attempt` rejects with. */
export async function failure(attempt: Promise<unknown>): Promise<ConnectionFailed> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(ConnectionFailed)
  return error as ConnectionFailed
}

/** For dialing that must fail. */
export const never = (): never => expect.fail('accept was called')
