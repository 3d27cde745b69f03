/** What a game that may be killed says of itself, one line of JSON each. It is written before the game goes on, so that nothing is lost that was acknowledged. */
import type { StoredObject } from 'fieldcast/server'

export type Report =
  /** The thing is about to be in this state. */
  | readonly ['do', id: string, step: number, seal: string]
  /** Somebody was told that the state of this step is durable: by `saved()`, `store.update()`, the answer to a durable request, `unload()`. */
  | readonly ['ok', id: string, step: number, by: 'saved' | 'update' | 'request' | 'unload']
  /** The thing is about to be deleted. */
  | readonly ['going', id: string]
  /** Somebody was told that its deletion is durable. */
  | readonly ['gone', id: string]
  /** That change, or the deletion (step 0), has failed: whether it was written is not known. */
  | readonly ['failed', id: string, step: number]
  /** After the start: a thing that the store holds. */
  | readonly ['found', thing: StoredObject]
  /** After the start: which things an index finds. */
  | readonly ['index', by: 'name' | 'phase' | 'holder' | 'place', value: string | number, ids: readonly string[]]
  /** That was all; the play begins. */
  | readonly ['loaded']
  /** An event of the server. */
  | readonly ['store', state: 'failing' | 'working' | 'behind' | 'fenced', error: string | null]
  /** `mark` was read. */
  | readonly ['mark']
  /** The server does not start; the process ends. */
  | readonly ['refused', kind: string, message: string]
  | readonly ['stopping']
  /** `server.stop()` has resolved; the process ends. */
  | readonly ['stopped']
  /** `server.stop()` has failed; the process ends. */
  | readonly ['unsaved', kind: string, message: string]
  /** Something that must not be. */
  | readonly ['wrong', what: string]

/** What a game is told after its order. `mark`: to say so when it has read this. `grow`: to write much longer notes from now on. */
export type Word = 'stop' | 'mark' | 'grow'

/** The first line that a game is told. */
export interface Order {
  /** As `storeByUrl` takes it. */
  readonly store: string
  readonly seed: number
  readonly gapMs: number
  /** False: nothing is changed after the start. */
  readonly plays: boolean
  /** How its store betrays it; see flaws.ts. */
  readonly flaw: string | null
}
