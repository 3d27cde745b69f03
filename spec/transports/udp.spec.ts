/** UDP, from this process to this process. */
import { udp, udpDialer } from '../../transports/udp.ts'
import { transportSuite } from './suite.ts'

transportSuite('MN37 udp', () => ({ listener: udp({ port: 0 }), dialer: udpDialer() }), { datagrams: true })
