/** The wires that `connect` finds by an url's scheme in a page, beside WebSocket. */
import { type Choose, chooseAmong, type LateWires } from '../../lib/link/choose.ts'

const webrtc: LateWires[string] = async parts => (await import('../webrtc/dial.ts')).dialerOf({}, parts)

export const choose: Choose = chooseAmong({ webrtc, webrtcs: webrtc })
