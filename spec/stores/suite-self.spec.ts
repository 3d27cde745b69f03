/** The suite of stores finds what is wrong: each flaw fails the case that is meant for it. */
import { expect } from 'chai'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { Damaged, Store, StoredRow } from '../../lib/stores/store.ts'
import { type DamageablePlace, damageCases, type StoreCase, storeCases } from '../../lib/stores/suite.ts'
import { flaws } from './flaws/index.ts'
import { wrapped } from './flaws/kit.ts'

const outcome = (each: StoreCase): Promise<unknown> =>
  each.run().then(
    () => null,
    (error: unknown) => error,
  )

async function expectFound(cases: readonly StoreCase[], title: string): Promise<void> {
  const meant = cases.filter(each => each.title === title)
  expect(meant, title).to.have.length(1)
  const error = await outcome(meant[0]!)
  expect(error, 'what the case says').to.have.property('name', 'AssertionError')
}

/** Rows of memory that a case can spoil; `give` makes of a damaged row what the store gives. */
function spoilt(give: (row: StoredRow) => StoredRow | Damaged | undefined): () => DamageablePlace {
  return () => {
    const inner = memoryStore()
    const damaged = new Set<string>()
    const read = <T extends StoredRow | Damaged | undefined>(row: T) =>
      row && damaged.has(row.id) ? give(row as StoredRow) : row
    const store: Store = wrapped(inner, {
      get: async ids => (await inner.get(ids)).map(read),
      async query(query) {
        const { rows, next } = await inner.query(query)
        return { rows: rows.map(read).filter(row => row !== undefined), next }
      },
    })
    return { store: () => store, damage: id => void damaged.add(id) }
  }
}

describe('The suite of stores', () => {
  it('has a title of its own for every case', () => {
    const titles = [...storeCases(() => ({ store: memoryStore })), ...damageCases(spoilt(row => row))].map(
      each => each.title,
    )
    expect(new Set(titles).size).to.equal(titles.length)
  })

  for (const { what, title, place } of flaws)
    it(`finds a store that ${what}`, () => expectFound(storeCases(place), title))

  it('takes the data away after each case, once its stores are closed, whether it passed or not', async () => {
    for (const passes of [true, false]) {
      const log: string[] = []
      const make = () => {
        const inner = memoryStore()
        const close = async () => void log.push('close')
        return {
          store: () => wrapped(inner, passes ? { close } : { close, get: async () => [] }),
          remove: () => void log.push('remove'),
        }
      }
      const [first] = storeCases(make)
      expect((await outcome(first!)) === null).to.equal(passes)
      expect(log).to.deep.equal(['close', 'remove'])
    }
  })

  describe('of damaged rows', () => {
    const named = (row: StoredRow): Damaged => ({ id: row.id, damaged: 'It is no JSON.' })

    for (const { title, run } of damageCases(spoilt(named))) it(`passes a store that ${title}`, run)

    const [title] = damageCases(spoilt(named)).map(each => each.title)
    for (const [what, give] of [
      ['leaves damaged rows out', () => undefined],
      ['gives them as if nothing were wrong', (row: StoredRow) => row],
      ['does not say what is wrong', (row: StoredRow) => ({ ...named(row), damaged: '' })],
    ] as const)
      it(`finds a store that ${what}`, () => expectFound(damageCases(spoilt(give)), title!))

    it('finds a store that throws for them', async () => {
      const fails = (): never => {
        throw new Error('It is no JSON.')
      }
      for (const each of damageCases(spoilt(fails)))
        expect(await outcome(each)).to.have.property('message', 'It is no JSON.')
    })
  })
})
