/** What few games need of a client. It imports nothing that every client has, and is handed it instead: bundlers would cut that out of the first piece. */
export { create } from './draft.ts'
export { HeldFrames } from './held-frames.ts'
export { predict } from './predictions.ts'
