/** The table of hostile inputs is whole: each input of the list stands in it, with every wire, and each group has its spec. */
import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { wireNames } from '../support/walls.ts'
import { inputs } from './inputs.ts'

/** What a server has to survive, as it was written down before there was a test of it. */
const list = {
  connection:
    'slow header drip; oversized header; foreign or missing Origin; forged forwarding header; flood from one address; upgrade then silence; half-open socket; reconnect storm; TLS on the plain port and the reverse',
  framing:
    'length 2^63; unmasked frame; reserved opcode or bit; fragment flood; ping flood; bad UTF-8 or close code; deflate bomb, many small ones; a length prefix above the limit or never completed; datagrams of 0 and 65,507 bytes or with a forged source',
  codec:
    '4 GB headers; depth 100,000; __proto__ constructor toString keys; slow reader; extension types; NaN, infinities, -0 and bigint for a number; lone surrogates and overlong UTF-8; duplicate keys; trailing bytes; empty message; 65,000 keys; a cut at every byte',
  protocol:
    'message before login; second hello or login; unknown or server-only field; another’s object; a field named constructor; call flood and endless request; replay; reorder; wrapped sequence and far future; acknowledgement of what was never sent; expired, alg: none or foreign token; watching everything; create and destroy churn; id exhaustion',
}

describe('The table of hostile inputs', () => {
  for (const [group, names] of Object.entries(list))
    it(`has each one of ${group}, and no other`, () => {
      expect(Object.keys(inputs[group as keyof typeof list])).to.deep.equal(names.split('; '))
    })

  it('says of each wire that an input applies, or why not', () => {
    for (const table of Object.values(inputs))
      for (const [input, reach] of Object.entries(table)) {
        expect(Object.keys(reach), input).to.deep.equal([...wireNames])
        expect(Object.values(reach).includes(true), input).to.equal(true)
        for (const word of Object.values(reach)) if (word !== true) expect(word.length, input).to.be.greaterThan(15)
      }
  })

  it('has a spec for each group, which holds that each input has its test', () => {
    for (const group of Object.keys(inputs))
      expect(existsSync(new URL(`./${group}.spec.ts`, import.meta.url)), group).to.equal(true)
  })
})
