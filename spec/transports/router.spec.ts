/** A whole chain, client to router to game server, is a transport like any other. */
import { seededRandom } from '../../lib/base/random.ts'
import { routed } from '../../transports/router.ts'
import { tcp } from '../../transports/tcp.ts'
import { websocketDialer } from '../../transports/websocket.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { chainTo, DialledChain, memoryChain, secret, websocketChain } from './router-bench.ts'
import { transportSuite } from './suite.ts'

describe('a router', () => {
  let before = 0
  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(() => expectReturnTo(before))

  transportSuite('a router in memory', () => memoryChain())
  transportSuite('a router in memory with jitter', () => {
    const random = seededRandom(7)
    const delay = (): number => random.number() * 4
    return memoryChain({ delay }, { delay })
  })
  transportSuite('a router of players with datagrams', () => memoryChain({ datagrams: true }), { datagrams: true })
  transportSuite(
    'a router with datagrams on its links too',
    () => memoryChain({ datagrams: true }, { datagrams: true }),
    {
      datagrams: true,
    },
  )
  transportSuite('a router by WebSocket', websocketChain)
  transportSuite('a router whose links are TCP', () => {
    const server = routed(tcp({ port: 0, host: '127.0.0.1' }), { secret })
    return { listener: chainTo(server), dialer: websocketDialer() }
  })
  transportSuite('a router by WebSocket that the game server dials', () => ({
    listener: new DialledChain(),
    dialer: websocketDialer(),
  }))
})
