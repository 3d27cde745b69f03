/** What server and page agree on: the size of the board, and what a painter has on it. */
import type { ActionData } from 'fieldcast/actions'

export const WIDTH = 1600
export const HEIGHT = 1000

/** x and y by turns. */
export type Line = number[]

export interface Painter {
  readonly id: number
  readonly colour: string
  readonly lines: Line[]
}

/** The place that a stranger names; null for what is none. */
export function pointOf({ x, y }: ActionData): readonly [number, number] | null {
  const isOn = (at: unknown, size: number) => Number.isInteger(at) && (at as number) >= 0 && (at as number) <= size
  return isOn(x, WIDTH) && isOn(y, HEIGHT) ? [x, y] : null
}
