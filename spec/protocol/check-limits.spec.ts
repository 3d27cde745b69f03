/** What `limits` and `violations` of a server may be, and what is said of the rest. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast'
import { createServer, type LimitOptions } from 'fieldcast/server'
import { checkLimits } from '../../lib/protocol/check-limits.ts'
import { defaultLimits, limitsFrom } from '../../lib/protocol/limits.ts'

const made = (limits: unknown): unknown => createServer({ classes: [], limits: limits as LimitOptions })

describe('The limits of a server', () => {
  it('are taken as they are by default, and with Infinity where that has a sense', () => {
    checkLimits()
    checkLimits({})
    checkLimits(defaultLimits)
    for (const name of ['callsPerSecond', 'bytesPerSecond', 'connectionsPerAddress', 'resumeMs', 'waitingCalls'])
      made({ [name]: Number.POSITIVE_INFINITY })
    made({ heartbeatMs: 0, silenceMs: 1, resumeMs: 0, graceMs: 0.5, standing: false })
    made({ standing: { closed: 7 } })
    made({ standing: { slowed: 10, quarantined: 10, closed: 10, points: { rate: 0 } } })
  })

  it('of which one is undefined are as by default', () => {
    made({ callsPerSecond: undefined, standing: { slowed: undefined } })
    const limits = limitsFrom({ callsPerSecond: undefined as never, standing: { slowed: undefined as never } })
    expect(limits).to.deep.equal(defaultLimits)
  })

  const names = Object.keys(defaultLimits).filter(name => name !== 'standing')
  for (const value of [Number.NaN, -1, '100', null, true, {}, Number.NEGATIVE_INFINITY])
    it(`are refused where one is ${typeof value === 'object' ? JSON.stringify(value) : `${typeof value} ${value}`}`, () => {
      for (const name of names)
        expect(() => made({ [name]: value }), name)
          .to.throw(UsageError, `createServer({ limits.${name} }) cannot be `)
          .with.property('message')
          .that.matches(/: it is a (whole )?number (of at least|above) \d.*\.$/)
    })

  for (const [limits, says] of [
    [
      { callsPerSecond: Number.NaN },
      'limits.callsPerSecond }) cannot be NaN: it is a number of at least 0, or Infinity.',
    ],
    [{ callsPerSecond: '100' }, "cannot be '100': it is a number"],
    [{ bytesPerSecond: 0 }, 'cannot be 0: it is a number above 0, or Infinity.'],
    [{ waitingCalls: 1.5 }, 'cannot be 1.5: it is a whole number of at least 0, or Infinity.'],
    [{ snapshotSlice: 0 }, 'of at least 1'],
    [{ handshakeMs: Number.POSITIVE_INFINITY }, 'cannot be Infinity: it is a number above 0, and 2147483647 at most.'],
    [{ connectsPerSecond: Number.POSITIVE_INFINITY }, 'cannot be Infinity'],
    [{ frame: 2 ** 31 }, '2147483647 at most'],
    [{ silenceMs: 5000 }, 'limits.silenceMs }) cannot be 5000: it is more than limits.heartbeatMs, 5000'],
    [{ callPerSecond: 5 }, "createServer({ limits }) has no 'callPerSecond'. Did you mean 'callsPerSecond'?"],
    [{ resumems: 5 }, "Did you mean 'resumeMs'?"],
    [{ standings: false }, "Did you mean 'standing'?"],
    [{ zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz: 5 }, "has no 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'. It has frame, "],
    [JSON.parse('{"__proto__":1}'), "has no '__proto__'"],
    [null, 'limits }) cannot be null: it is an object'],
    [[], 'limits }) cannot be a list'],
    ['strict', "limits }) cannot be 'strict'"],
    [{ standing: true }, 'limits.standing }) cannot be true: it is an object like { }, or false.'],
    [{ standing: null }, 'limits.standing }) cannot be null'],
    [{ standing: { slowed: Number.NaN } }, 'limits.standing.slowed }) cannot be NaN'],
    [{ standing: { slowing: 5 } }, "createServer({ limits.standing }) has no 'slowing'. Did you mean 'slowed'?"],
    [
      { standing: { decayPerSecond: Number.POSITIVE_INFINITY } },
      'limits.standing.decayPerSecond }) cannot be Infinity',
    ],
    [{ standing: { slowed: 150 } }, 'slowed 150, quarantined 100, closed 200 are out of order'],
    [{ standing: { closed: 60, quarantined: 70 } }, 'slowed 50, quarantined 70, closed 60 are out of order'],
    [{ standing: { points: 5 } }, 'limits.standing.points }) cannot be 5'],
    [{ standing: { points: { rate: -1 } } }, 'limits.standing.points.rate }) cannot be -1'],
    [{ standing: { points: { ratte: 1 } } }, "has no 'ratte'. Did you mean 'rate'?"],
  ] as [unknown, string][])
    it(`are refused as ${JSON.stringify(limits)}`, () => {
      expect(() => made(limits)).to.throw(UsageError, says)
    })

  it('and what violations cost are words that exist', () => {
    for (const violations of ['close', 'ignore', undefined] as const)
      createServer({ classes: [], violations: violations! })
    for (const violations of ['ignor', '', null, false])
      expect(() => createServer({ classes: [], violations: violations as never })).to.throw(
        UsageError,
        'createServer({ violations }) cannot be',
      )
  })
})
