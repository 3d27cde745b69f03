/** What the matrix knows of one toolchain: what to install, how to build the game with it, how to run what came out. */

/** A program and its arguments, found as npm scripts find theirs. */
export type Command = readonly string[]

export interface Recipe {
  readonly name: string
  /** Exact versions. Recipes with equal packages share one installation. */
  readonly packages: Readonly<Record<string, string>>
  /** Sets an installation apart that the recipe changes. */
  readonly alone?: boolean
  /** The packages whose versions the table shows; none: Node's own. */
  readonly shown?: readonly string[]
  /** What it stands for, in the table's words. */
  readonly title: string
  /** Configuration, beside the game's files. */
  readonly files: Readonly<Record<string, string>>
  readonly build: readonly Command[]
  readonly run: Programs | Page
  /** Part of the slice that every test run plays. It needs no package beyond those that the repository itself is developed with. */
  readonly slice: boolean
}

/** The game in Node. */
export interface Programs {
  readonly kind: 'programs'
  readonly main: Command
  /** Null where the toolchain runs whole games alone. */
  readonly server: Command | null
  /** Is given the url as its last argument. */
  readonly client: Command | null
}

/** The clients in a browser: a folder with an index.html, or a program that prints `{ "url": ... }` and serves until its input ends. */
export interface Page {
  readonly kind: 'page'
  readonly from: string | Command
}

/** What one whole game showed on both sides: `Report` and `Played` of the game. */
export interface Outcome {
  readonly server: {
    readonly hash: string
    readonly hashesOfClients: readonly string[]
    readonly outline: string
    readonly log: readonly string[]
    readonly wire: readonly object[]
  }
  readonly client: Readonly<Record<string, readonly string[]>>
}
