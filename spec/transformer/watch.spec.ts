/** While a program runs under a watcher, edits of a type in another file are picked up: nothing but the schema ever reads that file. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Program, stopAll } from '../support/process.ts'
import { Project } from './project.ts'

const register = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href
const tsx = import.meta.resolve('tsx')
const tsxCommand = join(dirname(createRequire(import.meta.url).resolve('tsx/package.json')), 'dist/cli.mjs')

const watchers: readonly [name: string, args: readonly string[]][] = [
  ['node --watch', ['--watch', '--import', register]],
  ['node --watch, before tsx', ['--watch', '--import', register, '--import', tsx]],
  ['node --watch, after tsx', ['--watch', '--import', tsx, '--import', register]],
  ['tsx watch', [tsxCommand, 'watch', '--import', register]],
]

const item = (field: string, type = 'string'): string => `export interface Item { ${field}: ${type} }\n`

describe('Edits of a type in a file that is imported for its types alone', function () {
  this.timeout(60_000)
  let project: Project

  beforeEach(() => {
    project = new Project({
      'item.ts': item('first'),
      'bag.ts': "import type { Item } from './item.js'\nexport type Bag = Item[]\n",
      'model.ts':
        "import { field } from 'fieldcast'\nimport type { Bag } from './bag.ts'\nexport class A {\n  @field(0) put(bag: Bag): void {}\n}\n",
      'main.ts':
        "import { registered } from 'fieldcast'\nimport './model.ts'\nconsole.log('runs with', JSON.stringify(registered))\nsetInterval(() => {}, 1000)\n",
    })
  })
  afterEach(async () => {
    await stopAll()
    project.remove()
  })

  for (const [name, args] of watchers) {
    it(`restart the program under ${name}, also where they break it and mend it`, async () => {
      const program = run(args)
      await program.line(/runs with .*first/)
      await edit('item.ts', item('second'), program.line(/runs with .*second/))
      await edit('item.ts', item('third', '() => void'), program.line(/item\.ts:1:32/))
      await edit('item.ts', item('fourth'), program.line(/runs with .*fourth/))
    })

    it(`restart a program that failed from the first under ${name}`, async () => {
      project.write('item.ts', item('first', '() => void'))
      const program = run(args)
      await program.line(/item\.ts:1:32/)
      await edit('item.ts', item('second'), program.line(/runs with .*second/))
    })

    it(`as well as edits of the decorated file itself restart the program under ${name}`, async () => {
      const program = run(args)
      await program.line(/runs with .*"put"/)
      const text = "import { field } from 'fieldcast'\nexport class A {\n  @field(0) take(): void {}\n}\n"
      await edit('model.ts', text, program.line(/runs with .*"take"/))
    })

    it(`do not keep a program running that has nothing more to do under ${name}`, async () => {
      project.write('main.ts', "import './model.ts'\nprocess.on('exit', () => console.log('has ended'))\n")
      await run(args).line(/has ended/)
    })
  }

  it('are picked up in a package of CommonJS too', async () => {
    project.write('package.json', '{ "type": "commonjs" }')
    const program = run(watchers.at(-1)![1])
    await program.line(/runs with .*first/)
    await edit('item.ts', item('second'), program.line(/runs with .*second/))
  })

  const run = (args: readonly string[]): Program => new Program([...args, 'main.ts'], project.root)

  /** Saves a file, and again as long as nothing comes of it: a watcher does not say when it has begun to watch. */
  async function edit(name: string, text: string, outcome: Promise<unknown>): Promise<void> {
    project.write(name, text)
    const again = setInterval(() => project.write(name, text), 4_000)
    await outcome.finally(() => clearInterval(again))
  }
})
