/** What a game's client weighs, and what is not in it: the built package, as a user's bundler takes it. */
import { expect } from 'chai'
import { type Bundle, bundleOf } from '../../bench/local/client-bundle.ts'

/** Bytes with gzip -9 that a page loads before it can connect. */
const limit = 16_000
/** The same with what it loads while it dials. */
const besideLimit = 21_000

describe('The bundle of a client', () => {
  let result: Bundle['result']
  let first: readonly string[]
  let bytes: number
  let besideBytes: number
  let late: string[]

  before(async () => {
    ;({ result, first, bytes, besideBytes } = await bundleOf('fieldcast'))
    late = Object.keys(result.metafile.outputs).filter(path => !first.includes(path))
  })

  it(`weighs at most ${limit} bytes with gzip`, function () {
    this.test!.title += `: ${bytes}`
    expect(bytes).to.be.at.most(limit)
    // A bundle of nothing would be light too.
    expect(bytes).to.be.above(limit / 2)
  })

  it(`weighs at most ${besideLimit} with what it loads while it dials`, function () {
    this.test!.title += `: ${bytes} and ${besideBytes}`
    expect(bytes + besideBytes).to.be.at.most(besideLimit)
    expect(besideBytes).to.be.above(0)
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
      'view/reconnect',
      'view/follow',
      'view/words',
      'session/large-frames',
      'session/streams',
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
