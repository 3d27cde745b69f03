/** A conditioned network keeps what every transport promises. */
import { conditioner } from '../../transports/conditioner.ts'
import { memory } from '../../transports/memory.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { transportSuite } from './suite.ts'

/** Bad in every way, and quick enough for real time. */
const bad = { latency: 1, jitter: 4, loss: 0.01, burst: 3, reorder: 0.1, duplicates: 0.1, bandwidth: 200e6 }

transportSuite(
  'conditioned memory',
  () => {
    const wire = conditioner(memory({ datagrams: true }), bad)
    return { listener: wire, dialer: wire }
  },
  { datagrams: true },
)
transportSuite('memory on a perfect network', () => {
  const wire = conditioner(memory())
  return { listener: wire, dialer: wire }
})
transportSuite('a conditioned WebSocket server', () => ({
  listener: conditioner(websocket({ port: 0, host: '127.0.0.1' }), bad),
  dialer: websocketDialer(),
}))
transportSuite('a conditioned WebSocket client', () => ({
  listener: websocket({ port: 0, host: '127.0.0.1' }),
  dialer: conditioner(websocketDialer(), bad),
}))
