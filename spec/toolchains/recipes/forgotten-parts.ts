/** What the toolchains share whose user forgot what reads the types. */
import type { Command, Page } from '../recipe.ts'
import { packageJson } from './parts.ts'

export interface Forgotten {
  readonly name: string
  readonly title: string
  readonly packages: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  readonly build: readonly Command[]
  readonly run: Command | Page
  /** What stands in what he reads. */
  readonly says: RegExp
  /** Part of the slice, as of a recipe. */
  readonly slice: boolean
}

/** Of this package: it names the field, and what to do in each toolchain. */
export const advice =
  /Player\.moveTo has no types: .*fieldcast\/register.*fieldcast\/vite.*\/esbuild.*fieldcast patch.*by hand/s
/** Of a platform that knows no decorators: none of our code has run. docs/troubleshooting.md explains it. */
export const syntax = /SyntaxError: Invalid or unexpected token/
/** Of a Node that knows no TypeScript. */
export const extension = /Unknown file extension "\.ts"/

/** A game of one class. */
export const game: Readonly<Record<string, string>> = {
  'package.json': packageJson('esm'),
  'model.ts': `import { field, Flags, type int16, networkClass, NetworkObject } from 'fieldcast'
@networkClass(10)
export class Player extends NetworkObject {
  @field(Flags.OwnerSend | Flags.Broadcast)
  moveTo(x: int16, y: int16): void {}
}
`,
  'main.ts': `import { Player } from './model.ts'\nconsole.log(Player)\n`,
  'page.ts': `import { Player } from './model.ts'\ndocument.body.textContent = '{}'\ndocument.title = Player && 'played'\n`,
}
/** A game of one struct. */
export const struct: Readonly<Record<string, string>> = {
  ...game,
  'model.ts': `import { type float32, struct } from 'fieldcast'\n@struct()\nexport class Player { x: float32 = 0 }\n`,
}
export const spec = `import { Player } from './model.ts'\nit('plays', () => console.log(Player))\n`
