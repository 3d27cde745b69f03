/** The table of close codes: stable numbers, each with a name and a text. */
import { expect } from 'chai'
import { CloseReason, closeName } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'

describe('close codes', () => {
  it('have these numbers for ever', () => {
    expect(CloseReason).to.deep.equal({
      normal: 1,
      'server-shutdown': 2,
      kicked: 3,
      'double-login': 4,
      'invalid-login': 5,
      'protocol-mismatch': 6,
      'schema-mismatch': 7,
      'unknown-connection-type': 8,
      'handshake-timeout': 9,
      'heartbeat-timeout': 10,
      'too-slow': 11,
      'too-many-connections': 12,
      lost: 13,
      'refused-origin': 14,
      'server-error': 15,
      'session-over': 16,
      transferred: 17,
      'server-full': 18,
      left: 19,
      'message-mismatch': 20,
      'no-login': 32,
      'no-object': 33,
      'not-visible': 34,
      'no-field': 35,
      'no-permission': 36,
      'bad-arguments': 37,
      rate: 38,
      malformed: 39,
      'wrong-direction': 40,
      'too-large': 41,
      'invalid-class': 42,
      'hidden-zone': 43,
      'second-hello': 44,
      'wrong-state': 45,
    })
  })

  it('have a name each, and a sentence of their own', () => {
    const sentences = new Set<string>()
    for (const [name, code] of Object.entries(CloseReason)) {
      expect(closeName(code)).to.equal(name)
      expect(closeText(code)).to.match(/^[A-Z].*\.$/)
      sentences.add(closeText(code))
    }
    expect(sentences.size).to.equal(Object.keys(CloseReason).length)
  })

  it('from 1000 to 65535 are the game’s own, others unknown', () => {
    expect([1000, 65535].map(closeName)).to.deep.equal(['game', 'game'])
    expect([0, 21, 999, 65536, -1, Number.NaN].map(closeName)).to.deep.equal(Array(6).fill('unknown'))
    expect(closeText(1234)).to.include('1234')
    expect(closeText(999)).to.include('unknown').and.to.include('999')
  })
})
