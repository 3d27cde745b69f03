import { expect } from 'chai'
import { hash64 } from '../../lib/base/hash.ts'

function reference(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash.toString(16).padStart(16, '0')
}

describe('hash64', () => {
  it('is FNV-1a with 64 bits, by its published values', () => {
    expect(hash64('')).to.equal('cbf29ce484222325')
    expect(hash64('a')).to.equal('af63dc4c8601ec8c')
    expect(hash64('foobar')).to.equal('85944171f73967e8')
  })

  it('agrees with the plain definition over bigints, on UTF-8', () => {
    for (const text of ['fieldcast', 'ümläut 𝄞', '\0'.repeat(100), 'x'.repeat(5000)])
      expect(hash64(text)).to.equal(reference(text))
  })
})
