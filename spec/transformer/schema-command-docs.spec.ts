/** The page about `fieldcast schema` shows what the command prints: each console of it is typed and compared. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { examplesIn } from '../docs/fences.ts'
import type { Project } from './project.ts'
import { game, root, schemaCommand } from './schema-game.ts'

const page = readFileSync(`${root}docs/schema.md`, 'utf8')
const consoles = [...page.matchAll(/^```console\n(.*?)^```$/gms)]
const models = [...page.matchAll(/^```ts\n(\/\/ model\.ts\n.*?)^```$/gms)]

describe('docs/schema.md', function () {
  this.timeout(60_000)
  let project: Project

  before(() => {
    project = game({})
  })
  after(() => project.remove())

  for (const console of consoles)
    it(`shows what ${console[1]!.split('\n')[0]} prints`, async () => {
      const model = models.findLast(({ index }) => index < console.index)!
      // The file as its reader has it: without the line that names it.
      project.write('model.ts', model[1]!.slice(model[1]!.indexOf('\n') + 1))
      let typed = ''
      for (const [line, command] of console[1]!.matchAll(/^\$ (.*)$/gm)) {
        typed += `${line}\n`
        if (command === 'cat fieldcast.schema.json')
          typed += readFileSync(project.path('fieldcast.schema.json'), 'utf8')
        else {
          const { out, err } = await schemaCommand(project.root, ...command!.split(' ').slice(3))
          typed += out + err
        }
      }
      expect(console[1]).to.equal(typed)
    })

  it('has a second example whose constants are all computed', async () => {
    const example = examplesIn(`${root}docs/schema.md`).find(({ files }) => files.has('example.ts'))!
    project.write('model.ts', example.files.get('example.ts')!)
    const { out, err } = await schemaCommand(project.root)
    expect(out, err).to.contain('  0 rename(name: str<16>)\n      OwnerSend | Broadcast  ')
    expect(out).to.contain('  4 grow()\n      OwnerSend | Broadcast | RAM, pinned  ')
  })

  it('names every option of the command', async () => {
    const { out } = await schemaCommand(root, '--help')
    const options = [...out.matchAll(/--[a-z]+/g)].map(([option]) => option)
    expect(options).to.include.members([
      '--classes',
      '--project',
      '--json',
      '--write',
      '--check',
      '--lock',
      '--checker',
    ])
    for (const option of options) expect(page, option).to.contain(option)
  })
})
