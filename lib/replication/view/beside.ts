/**
 * What a client needs once the server has spoken, and not before: it is loaded beside the dialling. It imports nothing that the first piece has at run time, and is handed it
 * instead: bundlers would cut that out of the first piece.
 */
export { LargeFrames } from '../../session/large-frames.ts'
export { Senders } from '../senders.ts'
export { beginAfresh, endAfresh } from './afresh.ts'
export { isComplete, without } from './awaited.ts'
export { inView, watched } from './in-view.ts'
export { Opening } from './opening.ts'
export { readPassage, showPassage } from './passage.ts'
export { Reconnect } from './reconnect.ts'
export { compare, refusal } from './refused.ts'
export { Requests } from './requests.ts'
export * from './words.ts'
