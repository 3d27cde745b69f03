/** The links of the documentation lead somewhere: to files that exist, and to headings that stand in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'

/** The pages below a folder. */
const pagesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !name.includes('node_modules'))
    .map(name => join(folder, name))

const pages = [
  'README.md',
  'CHANGELOG.md',
  'ARCHITECTURE.md',
  'bench/README.md',
  ...pagesIn('docs'),
  ...pagesIn('samples'),
]

/** A page without its examples: in these nothing is a link, and `#` begins a comment. */
const wordsOf = (page: string): string => readFileSync(page, 'utf8').replace(/^(```+)[\s\S]*?^\1$/gm, '')

/** What GitHub and npm make of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** The second heading of the same words gets -1 behind them, and so on. */
function anchorsOf(page: string): Set<string> {
  const times = new Map<string, number>()
  const anchors = new Set<string>()
  for (const [, heading] of wordsOf(page).matchAll(/^#{1,6} +(.+)$/gm)) {
    const anchor = anchorOf(heading!)
    const before = times.get(anchor) ?? 0
    times.set(anchor, before + 1)
    anchors.add(before ? `${anchor}-${before}` : anchor)
  }
  return anchors
}

/** What is wrong with a link that stands on a page; null where nothing is. */
function flawOf(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#')
  const target = path ? normalize(join(dirname(page), path)) : page
  if (!existsSync(target)) return `${page}: ${link} leads to no file`
  if (anchor === undefined) return null
  return anchorsOf(target).has(anchor) ? null : `${page}: ${link} leads to no heading of ${target}`
}

const linksOf = (page: string): string[] =>
  [...wordsOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter(link => !/^[a-z]+:/.test(link))

describe('Links in the documentation', () => {
  it('lead to files and headings that exist', () => {
    const links = pages.flatMap(page => linksOf(page).map(link => [page, link] as const))
    expect(links.length).to.be.greaterThan(300)
    expect(links.map(([page, link]) => flawOf(page, link)).filter(flaw => flaw !== null)).to.deep.equal([])
  })

  it('are looked at: a file and a heading that are absent would be found', () => {
    expect(flawOf('docs/guide.md', 'api.md#limits')).to.equal(null)
    expect(flawOf('docs/guide.md', 'nowhere.md')).to.equal('docs/guide.md: nowhere.md leads to no file')
    expect(flawOf('docs/guide.md', '../README.md#nothing')).to.equal(
      'docs/guide.md: ../README.md#nothing leads to no heading of README.md',
    )
  })

  it('lead from README.md to every page of docs', () => {
    const seen = new Set(['README.md'])
    for (const page of seen) {
      for (const link of linksOf(page)) {
        const target = normalize(join(dirname(page), link.split('#')[0]!))
        if (target.endsWith('.md')) seen.add(target)
      }
    }
    expect(pagesIn('docs').filter(page => !seen.has(page))).to.deep.equal([])
  })
})
