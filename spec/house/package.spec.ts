/** The package's own papers: what it exports is there, with types and source maps, and its versions agree. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { version } from '../../lib/protocol/version.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = Object.entries(manifest.exports as Record<string, { types: string; default: string } | string>).filter(
  (entry): entry is [string, { types: string; default: string }] => typeof entry[1] !== 'string',
)

describe('The package', () => {
  for (const [name, { types, default: code }] of entries) {
    it(`exports ${name} with types and a source map whose sources are in the package`, () => {
      expect(existsSync(types), types).to.equal(true)
      expect(existsSync(code), code).to.equal(true)
      const map = JSON.parse(readFileSync(`${code}.map`, 'utf8')) as { sources: string[] }
      for (const source of map.sources) {
        const path = join(dirname(code), source)
        expect(existsSync(path), path).to.equal(true)
        expect(manifest.files).to.include(path.split('/')[0])
      }
    })
  }

  it('says the same version in package.json, in the server’s hello and in the change log', () => {
    expect(version).to.equal(manifest.version)
    expect(readFileSync('CHANGELOG.md', 'utf8')).to.match(
      new RegExp(`^## ${manifest.version.replaceAll('.', '\\.')}$`, 'm'),
    )
  })

  it('pins every dependency exactly and names no host in the lock file', () => {
    for (const group of ['dependencies', 'devDependencies', 'optionalDependencies'])
      for (const [name, range] of Object.entries(manifest[group] as Record<string, string>))
        expect(range, name).to.match(/^(npm:[a-z]+@)?\d+\.\d+\.\d+$/)
    expect(readFileSync('package-lock.json', 'utf8')).not.to.match(/"resolved": "https?:/)
  })

  it('locks the binaries of every platform, not only of the one that wrote the lock file', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        name => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).to.deep.equal([])
  })

  it('needs at run time nothing but reflect-metadata, msgpackr and ws', () => {
    expect(Object.keys(manifest.dependencies).sort()).to.deep.equal(['msgpackr', 'reflect-metadata', 'ws'])
  })

  it('links only to pages that exist', () => {
    const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
    for (const page of pages)
      for (const [, target] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g))
        expect(existsSync(join(dirname(page), target!)), `${page} links to ${target}`).to.equal(true)
  })
})
