/** The parts of the built package that lie below its public API: one door, so that all that is measured comes from dist, as users have it. */
export { Reader, Writer } from '../../dist/lib/base/bytes.js'
export type { Channel, ChannelReceiver, Dialer, Listener } from '../../dist/lib/link/transport.js'
export { Frame } from '../../dist/lib/link/transport.js'
export * as messages from '../../dist/lib/protocol/messages.js'
export * as Op from '../../dist/lib/protocol/opcodes.js'
export { protocolVersion } from '../../dist/lib/protocol/version.js'
export { ackBytes, frameCost } from '../../dist/lib/session/frame-log.js'
export { Gauges } from '../../dist/lib/session/gauges.js'
