import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Shape } from '../../../lib/schema/shape.ts'
import { compile, decode, encode, objects, Point } from './arbitrary.ts'

const page = readFileSync(new URL('../../../docs/protocol-values.md', import.meta.url), 'utf8')

const rows = [
  ...page.slice(page.indexOf('## Examples')).matchAll(/^\| `(.+?)` \| `(.+?)` \| (?:`(.+?)`|\(none\)) \|$/gm),
].map(([, shape, value, bytes]) => ({ shape: shape!, value: value!, bytes: bytes ?? '' }))

class PointAt extends Point {
  constructor(x: number, y: number) {
    super()
    // An instance of the registered class itself, as it arrives.
    // biome-ignore lint/correctness/noConstructorReturn: see above
    return Object.assign(new Point(), { x, y })
  }
}

const evaluate = (expression: string): unknown =>
  new Function('Point', 'object', `return (${expression})`)(PointAt, (id: number) => objects[id - 1])

describe('The examples of docs/protocol-values.md', () => {
  it('cover every type', () => {
    const kinds = new Set(rows.map(({ shape }) => /\w+/.exec(shape)![0]))
    expect(kinds.size).to.equal(30)
  })

  for (const { shape, value, bytes } of rows)
    it(`hold: ${shape} ${value}`, () => {
      const codec = compile(JSON.parse(shape) as Shape)
      const written = encode(codec, evaluate(value))
      expect(Buffer.from(written).toString('hex')).to.equal(bytes.replaceAll(' ', ''))
      // What arrives may be rounded; sent on, it has the same bytes.
      expect(encode(codec, decode(codec, written))).to.deep.equal(written)
    })
})
