/** The page of guarantees and the specs name each other truly. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const root = new URL('../../', import.meta.url).pathname
const page = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')
const rules = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map(section => [Number.parseInt(section, 10), section] as const),
)

/** The TypeScript files of these folders. */
function sources(...folders: string[]): string[] {
  return folders.flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.includes('node_modules'))
      .map(file => join(root, folder, file)),
  )
}

/** The numbers in texts like "Rules 3, 4 and 20 to 23 of docs/guarantees.md". */
function numbersIn(text: string): number[] {
  const named = [...text.matchAll(/\brules? ((?:\d+(?:, | and | to )?)+) of docs\/guarantees\.md/gi)]
  return named.flatMap(([, list]) => [...list!.matchAll(/\d+/g)].map(Number))
}

describe('docs/guarantees.md', () => {
  it('has the rules 1 to 36, each once, in order', () => {
    const headings = [...page.matchAll(/^### (\d+)\. \S/gm)].map(([, number]) => Number(number))
    expect(headings).to.deep.equal(Array.from({ length: 36 }, (_, i) => i + 1))
  })

  it('names for each rule specs that exist and hold tests', () => {
    for (const [number, section] of rules) {
      const files = [...section.matchAll(/\]\(\.\.\/(spec\/[^)]+)\)/g)].map(([, file]) => file!)
      expect(files, `rule ${number}`).to.not.be.empty
      expect(section, `rule ${number}`).to.include('Held by: ')
      for (const file of files) {
        expect(existsSync(join(root, file)), `${file}, named in rule ${number}`).to.equal(true)
        expect(readFileSync(join(root, file), 'utf8'), file).to.match(/\bit\(/)
      }
    }
  })

  it('has every rule that the code and the specs name', () => {
    let named = 0
    for (const file of sources('lib', 'decorators', 'transports', 'spec')) {
      for (const number of numbersIn(readFileSync(file, 'utf8'))) {
        named++
        expect(rules.has(number), `rule ${number}, named in ${file}`).to.equal(true)
      }
    }
    expect(named).to.be.greaterThan(50)
  })

  it('links to pages that exist', () => {
    for (const [, target] of page.matchAll(/\]\(([a-z-]+\.md)\)/g))
      expect(existsSync(join(root, 'docs', target!)), target).to.equal(true)
  })
})
