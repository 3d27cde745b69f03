/** What the two sides of the benchmark of messages say to each other, and how each contestant takes part. */
import type { Server } from 'node:http'
import { float64, int32, str } from 'fieldcast'
import { defineMessage, type MessagePlan, messages } from 'fieldcast/messages'

export const Add = defineMessage('add', { a: int32, b: int32 }, { id: 64, reply: int32 })
export const Line = defineMessage('line', { text: str(200), at: float64 }, { id: 65 })
/** How many lines have come. */
export const Count = defineMessage('count', {}, { id: 66, reply: int32 })

export const talk = (): MessagePlan => messages([Add, Line, Count])

/** A server's half. */
export type ServeTalk = (http: Server) => Promise<void> | void

/** A client's half: one connection. */
export interface Talker {
  add(a: number, b: number): Promise<number>
  line(text: string, at: number): void
  count(): Promise<number>
  close(): void
}

export type JoinTalk = (url: string) => Promise<Talker>
