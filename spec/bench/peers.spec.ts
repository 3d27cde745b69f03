/** The peers of the benchmarks are pinned, and can be installed on any platform from any registry. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'

const manifest = JSON.parse(readFileSync('bench/peers/package.json', 'utf8')) as {
  dependencies: Record<string, string>
}
const text = readFileSync('bench/peers/package-lock.json', 'utf8')
const { packages } = JSON.parse(text) as {
  packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>
}

describe('The peers of the benchmarks', () => {
  it('have exact versions, which the lock file holds without naming a host', () => {
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/)
      expect(packages[`node_modules/${name}`]?.version, name).to.equal(version)
    }
    expect(text).not.to.match(/https?:\/\/[^"]*\.tgz/)
  })

  it('are locked with the binaries of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        name => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).to.deep.equal([])
  })
})
