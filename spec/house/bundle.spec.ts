/** What a game's client weighs, and what is not in it: the built package, as a user's bundler takes it. */
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { type BuildResult, build, type Metafile, type OutputFile } from 'esbuild'

/** Bytes with gzip -9 that a page loads before it can connect. */
const limit = 15_750

const game = `
export { connect } from 'fieldcast/client'
export { networkClass, field, Flags, NetworkObject } from 'fieldcast'
`

describe('The bundle of a client', () => {
  let result: BuildResult<{ write: false; metafile: true }>
  /** The entry and every piece that it imports at once. */
  let first: string[]
  let late: string[]

  before(async () => {
    result = await build({
      stdin: { contents: game, resolveDir: process.cwd(), sourcefile: 'game.ts', loader: 'ts' },
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['browser'],
      outdir: 'bundle',
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    const { outputs } = result.metafile
    first = reached(outputs)
    late = Object.keys(outputs).filter(path => !first.includes(path))
  })

  it(`weighs at most ${limit} bytes with gzip`, function () {
    const bytes = first.reduce(
      (total, path) => total + gzipSync(contents(result.outputFiles, path), { level: 9 }).length,
      0,
    )
    this.test!.title += `: ${bytes}`
    expect(bytes).to.be.at.most(limit)
    // A bundle of nothing would be light too.
    expect(bytes).to.be.above(limit / 2)
  })

  it('is in one piece', () => {
    expect(first).to.have.length(1)
  })

  it('holds nothing of Node', () => {
    const files = Object.keys(result.metafile.inputs)
    expect(files.filter(file => /^node:|node_modules\/(ws|reflect-metadata)\//.test(file))).to.deep.equal([])
    for (const { text } of result.outputFiles) expect(text).not.to.match(/(from|import\()\s*["']node:/)
  })

  it('holds nothing of the server', () => {
    const files = Object.keys(result.metafile.inputs)
    expect(files.filter(file => /authority|server-session|lib\/server/.test(file))).to.deep.equal([])
  })

  it('leaves to later what few games need', () => {
    const before = first.flatMap(path => Object.keys(result.metafile.outputs[path]!.inputs))
    const after = late.flatMap(path => Object.keys(result.metafile.outputs[path]!.inputs))
    for (const part of [
      'node_modules/msgpackr/',
      'schema/rare/union',
      'schema/differences',
      'view/predictions',
      'view/batches',
      'view/draft',
      'view/held-frames',
    ]) {
      expect(
        before.filter(file => file.includes(part)),
        part,
      ).to.deep.equal([])
      expect(
        after.filter(file => file.includes(part)),
        part,
      ).not.to.be.empty
    }
  })

  it('brings a type in normal form from the build, not the code for it', () => {
    const files = Object.keys(result.metafile.inputs)
    expect(files.filter(file => /schema\/(canonical|wire|by-hand)\.js/.test(file) && inBundle(file))).to.deep.equal([])
  })

  const inBundle = (file: string): boolean =>
    Object.values(result.metafile.outputs).some(({ inputs }) => (inputs[file]?.bytesInOutput ?? 0) > 0)
})

/** The entry and what it imports without waiting. */
function reached(outputs: Metafile['outputs']): string[] {
  const paths = Object.keys(outputs).filter(path => outputs[path]!.entryPoint !== undefined && !isLate(outputs, path))
  for (const path of paths)
    for (const { kind, path: next } of outputs[path]!.imports)
      if (kind === 'import-statement' && !paths.includes(next)) paths.push(next)
  return paths
}

/** Pieces that are imported while the game runs are entry points of their own. */
const isLate = (outputs: Metafile['outputs'], path: string): boolean =>
  Object.values(outputs).some(({ imports }) =>
    imports.some(made => made.kind === 'dynamic-import' && made.path === path),
  )

function contents(files: readonly OutputFile[], path: string): Uint8Array {
  return files.find(file => file.path.replaceAll('\\', '/').endsWith(path))!.contents
}
