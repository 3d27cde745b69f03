/** The slice of the matrix that every test run plays: what `npm run toolchains` does with all toolchains, here with those that the repository has. */
import { expect } from 'chai'
import { findChromium, requireChromium } from '../support/chromium.ts'
import { type Cell, passes } from './cell.ts'
import { Matrix } from './matrix.ts'
import type { Outcome, Recipe } from './recipe.ts'
import { type Forgotten, forgotten } from './recipes/forgotten.ts'
import { recipes, register } from './recipes/index.ts'

const inSlice = ({ slice }: { readonly slice: boolean }): boolean => slice
const needsPage = ({ run }: Recipe | Forgotten): boolean => 'kind' in run && run.kind === 'page'

describe('Toolchains', function () {
  this.timeout(300_000)
  let matrix: Matrix
  let cells: Map<Recipe, Promise<Cell>>
  let said: Map<Forgotten, Promise<string | null>>

  before(() => {
    const chromium = findChromium()
    const possible = (each: Recipe | Forgotten): boolean => inSlice(each) && (chromium !== null || !needsPage(each))
    matrix = new Matrix(true, chromium)
    // All begin at once and take turns; each test waits for its own.
    cells = new Map(recipes.filter(possible).map(recipe => [recipe, matrix.run(recipe)]))
    said = new Map(forgotten.filter(possible).map(each => [each, matrix.whatIsSaid(each)]))
    for (const promise of [...cells.values(), ...said.values()]) promise.catch(() => {})
  })
  after(() => matrix.close())

  for (const recipe of recipes.filter(inSlice))
    it(`give the same schema and the same game: ${recipe.name}`, async function () {
      if (needsPage(recipe)) requireChromium(this)
      const cell = (await cells.get(recipe))!
      expect([cell.hash, cell.behaviour, cell.cross].filter(finding => finding)).to.deep.equal([])
      expect(passes(cell)).to.equal(true)
    })

  for (const each of forgotten.filter(inSlice))
    it(`tell who forgot what reads the types: ${each.name}`, async function () {
      if (needsPage(each)) requireChromium(this)
      expect(await said.get(each)).to.match(each.says)
    })

  describe('are compared with a game', () => {
    let outcome: Outcome
    before(async () => {
      outcome = (await matrix.reference()).outcome
    })

    it('whose schema is what it has always been', () => {
      const { hash, hashesOfClients, outline } = outcome.server
      expect(hash).to.equal('561551d1eb964370')
      expect(hashesOfClients.slice(1)).to.deep.equal([hash, hash])
      expect(JSON.parse(outline).map(({ name }: { name: string }) => name)).to.deep.equal(['Player', 'Monster', 'Den'])
    })

    it('in which each field is called from both sides, and each call arrives on both', () => {
      const classes = JSON.parse(outcome.server.outline) as { name: string; fields: { name: string }[] }[]
      const unanswered = ['buy', 'recite', 'settle']
      // Before anybody comes the server fills the den; only the client shifts.
      const often: Record<string, number> = { put: 3, shift: 1 }
      for (const { name, fields } of classes.filter(({ name }) => name !== 'Monster'))
        for (const field of fields.map(({ name }) => name).filter(name => !unanswered.includes(name))) {
          const calls = (log: readonly string[]): string[] =>
            log.filter(line => new RegExp(`^${name} \\d+ ${field}\\(`).test(line))
          expect(calls(outcome.server.log), field).to.have.length(often[field] ?? 2)
          if (field !== 'say' && field !== 'shift') {
            expect(calls(outcome.client['ann']!), field).to.deep.equal(calls(outcome.server.log))
            if (field !== 'clearAll')
              expect(calls(outcome.client['bob']!), field).to.deep.equal(calls(outcome.server.log).slice(-1))
          }
        }
    })

    it('in which values arrive as they were sent', () => {
      for (const log of [outcome.server.log, outcome.client['ann']])
        expect(log).to.include.members([
          'Player 3 integers(-128, 32767, -2147483648, -9223372036854775808n, 255, 65535, 4294967295, 18446744073709551615n, -64)',
          'Player 3 parameters(1, undefined, undefined, undefined, undefined, undefined)',
          'heard [1, 3, "text", true, -1, undefined, []]',
          'Player 3 references(@3, Vec of length 5 {label: "3|4", parent: Vec of length 10 {label: "6|8", x: 6, y: 8}, x: 3, y: 4}, [@1, @1], @2)',
          'Player 3 enums(0, "top", 8, "left")',
        ])
    })
  })

  describe('are told apart from the reference', () => {
    const changed = (name: string, file: string, from: string, to: string): Recipe => ({
      ...register,
      name,
      files: { ...register.files, [file]: matrix.source(file).replace(from, to) },
    })

    it('by a parameter of another type', async () => {
      const cell = await matrix.run(changed('other-type', 'model.ts', 'c: int32,', 'c: int16,'))
      expect(cell.hash ?? cell.behaviour)
        .to.be.a('string')
        .and.not.equal('')
      expect(passes(cell)).to.equal(false)
    })

    it('by a field of another number', async () => {
      const cell = await matrix.run(changed('other-number', 'model.ts', '{ id: 7 }', '{ id: 8 }'))
      expect(passes(cell)).to.equal(false)
    })

    it('by a class of another name, which the hash leaves out', async () => {
      const cell = await matrix.run(changed('other-name', 'model.ts', 'class Den ', 'class Cave '))
      expect(passes(cell)).to.equal(false)
    })

    it('by a server that handles a call otherwise', async () => {
      const { hash, behaviour, cross } = await matrix.run(changed('other-way', 'server.ts', 'by + 1', 'by + 2'))
      expect(hash).to.equal('')
      expect(behaviour).to.contain('Player 3 shift(43)')
      expect(cross).to.contain('Player 3 shift(43)')
    })

    it('by a client that sees something else', async () => {
      const { hash, behaviour, cross } = await matrix.run(changed('other-view', 'client.ts', "'shoe'", "'boot'"))
      expect(hash).to.equal('')
      expect([behaviour, cross].join()).to.contain('boot')
    })

    it('by a build that fails', async () => {
      const cell = await matrix.run({ ...register, name: 'no-build', build: [['node', '-e', 'throw new Error("no")']] })
      expect(cell.behaviour).to.contain('Error: no')
      expect(passes(cell)).to.equal(false)
    })
  })
})
