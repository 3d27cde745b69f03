/** What a benchmark finds: rows of contestants beside their controls, as the results page prints and draws them. */

/** One figure over several rounds. */
export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Column {
  readonly id: string
  readonly title: string
  /** As it stands behind a figure: 'ns', 'bytes', 'ms', '' for ratios and counts. */
  readonly unit: string
  /** Significant digits. @default 3 */
  readonly digits?: number
}

export interface Row {
  readonly name: string
  /** Ours, a bare control, or a peer: they are drawn apart. */
  readonly kind: 'fieldcast' | 'bare' | 'peer'
  /** By column id; a missing one is printed as a dash. */
  readonly figures: Readonly<Record<string, Figure>>
  /** Said below the table. */
  readonly note?: string
}

/** A promise of the project: the figure of a row, or its ratio to another row, stays within a bound. */
export interface Goal {
  readonly text: string
  readonly figure: Figure
  readonly unit: string
  /** One of the two. */
  readonly atMost?: number
  readonly atLeast?: number
}

/** A line or bar chart, drawn from data that stands in the tables' run. */
export interface Plot {
  /** The file's name, without `.svg`. */
  readonly id: string
  readonly title: string
  readonly kind: 'bars' | 'lines'
  readonly x: string
  readonly y: string
  readonly logX?: boolean
  readonly logY?: boolean
  readonly points: readonly { readonly series: string; readonly x: number | string; readonly y: number }[]
}

export interface Table {
  readonly id: string
  readonly title: string
  /** What is measured and how, in a few sentences of Markdown. */
  readonly text: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly goals: readonly Goal[]
  readonly plots: readonly Plot[]
}

export interface Run {
  /** Few rounds, short ones: to see that it works, not to quote. */
  readonly quick: boolean
  /** Says what is being done. */
  log(text: string): void
}

/** One benchmark: a file in bench/, whose default export it is. */
export interface Suite {
  readonly id: string
  readonly title: string
  /** Which of the tables' figures need the machine to themselves for how long, about, s. */
  readonly seconds: number
  run(run: Run): Promise<readonly Table[]>
}

/** The middle of some rounds, and their spread. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** Ratios round by round: both sides of one round had the same machine. */
export function ratioOf(values: readonly number[], to: readonly number[]): Figure {
  return figureOf(values.map((value, i) => value / to[i]!))
}
