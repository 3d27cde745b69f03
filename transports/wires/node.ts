/** The wires that `connect` finds by an url's scheme in Node, beside WebSocket. */
import { type Choose, chooseAmong } from '../../lib/link/choose.ts'
import type { Dialer } from '../../lib/link/transport.ts'

const tcp = async (): Promise<Dialer> => (await import('../tcp/client.ts')).tcpDialer()
const udp = async (): Promise<Dialer> => (await import('../udp/client.ts')).udpDialer()
const webrtc = async (): Promise<Dialer> => (await import('../webrtc/client.ts')).webrtcDialer()

export const choose: Choose = chooseAmong({ tcp, tls: tcp, udp, webrtc, webrtcs: webrtc })
