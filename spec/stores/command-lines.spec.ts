/** The form of an export, line by line. */
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { lineOf, parseLine } from '../../lib/stores/command/dump.ts'
import { lines } from '../../lib/stores/command/lines.ts'
import { row } from '../../lib/stores/suite/bench.ts'
import { oddRows } from './command-places.ts'

describe('lines of an export', () => {
  it('are the rows to the letter, whatever stands in them', () => {
    const strange = ['', 'no JSON', '5', 'null', '"text"', '[1]', '{"a":"\ud800"}', '{"a":1}\r', '{"a":[1]} ']
    for (const each of [...oddRows, ...strange.map((fields, n) => row(50 + n, { fields }))]) {
      const line = lineOf(each)
      expect(line.match(/\n/g)).to.have.length(1)
      expect(Buffer.from(line).toString()).to.equal(line)
      expect(parseLine(line), line).to.deep.equal({ kind: 'row', row: each })
    }
  })

  it('are taken as JSON where more stands behind the fields', () => {
    const line = lineOf(row(1))
    for (const text of [line.replace(/}\n$/, ',"note":"mine"}'), line.replace(/}\n$/, ',"fields":{"moveTo":[1,0]}}')])
      expect(parseLine(text)).to.deep.equal({ kind: 'row', row: row(1) })
    expect(() => parseLine('{"fieldcast":"store","form":3}')).to.throw(UsageError)
  })

  it('end with a line feed alone, in whatever pieces they come', async () => {
    const text = 'one\ntwo \u2028\u2029\r\r\n\n語🐟\nlast'
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size++) {
      const found: (string | null)[] = []
      let end = 0
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      }
      for await (const line of lines(pieces())) {
        found.push(line.text)
        expect(line.number).to.equal(found.length)
        end = line.end
      }
      expect(found).to.deep.equal(text.split('\n'))
      expect(end).to.equal(bytes.length)
    }
  })

  it('are skipped where they are too long or no UTF-8', async () => {
    const chunk = Buffer.alloc(2 ** 20, 'x')
    async function* pieces() {
      yield Buffer.from('before\n')
      for (let n = 0; n < 65; n++) yield chunk
      yield Buffer.from([10, 0xff, 10, 0xef, 0xbb, 0xbf])
      yield Buffer.from('after')
    }
    const found: string[] = []
    for await (const { text, problem } of lines(pieces())) found.push(text ?? problem)
    expect(found).to.deep.equal(['before', 'it is longer than 64 MiB', 'it is no UTF-8', 'after'])
  })
})
