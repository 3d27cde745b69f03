/** `fieldcast/testing`: a server and its clients in one process, for tests of games and of the framework itself. */

export { seededRandom } from './base/random.ts'
export { VirtualClock } from './harness/virtual-clock.ts'
export { type TracedFrame, World, type WorldOptions } from './harness/world.ts'
