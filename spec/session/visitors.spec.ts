/** Limits by address and by account, before anybody has logged in. Rule 32 of docs/guarantees.md. */
import { isIPv6 } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { type LimitOptions, limitsFrom } from '../../lib/protocol/limits.ts'
import { addressKey } from '../../lib/session/address-key.ts'
import { type Origin, Visitors } from '../../lib/session/visitors.ts'

const from = (address: string): Origin => ({ address, network: true })

describe('The key of an address', () => {
  for (const [address, key] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['::192.0.2.7', '0:0:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
    ['a:b', 'a:b'],
    ['1:2:3:4:5:6:7', '1:2:3:4:5:6:7'],
    ['1::2::3', '1::2::3'],
    ['::ffff:192.0.2.256', '::ffff:192.0.2.256'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
    ['1:2:3:4:5:6:7:8::', '1:2:3:4:5:6:7:8::'],
    [':::', ':::'],
    ['12345::', '12345::'],
  ] as const)
    it(`of ${address || 'the own process'} is ${key || 'nothing'}`, () => {
      expect(addressKey(address)).to.equal(key)
    })

  it('is one for all addresses of a /64, and no other', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
    const text = (numbers: readonly number[]): string => numbers.map(number => number.toString(16)).join(':')
    fc.assert(
      fc.property(groups, groups, groups, (network, one, other) => {
        const address = `${text(network)}:${text(one)}`
        fc.pre(network.some(group => group > 0))
        expect(isIPv6(address)).to.equal(true)
        expect(addressKey(address)).to.equal(addressKey(`${text(network)}:${text(other)}`))
        expect(addressKey(address)).to.equal(`${text(network)}::/64`)
      }),
    )
  })
})

describe('Visitors', () => {
  let clock: VirtualClock
  let visitors: Visitors
  const start = (limits: LimitOptions = {}): void => {
    clock = new VirtualClock()
    visitors = new Visitors(limitsFrom(limits), clock)
  }
  /** How many of so many new connections are admitted. */
  const admitted = (address: string, count: number): number =>
    Array.from({ length: count }, () => visitors.admit(from(address))).filter(Boolean).length

  beforeEach(() => start())

  it('MN34 have so many connections at once, and a place again when one has gone', () => {
    expect(admitted('192.0.2.7', 70)).to.equal(64)
    expect(admitted('192.0.2.8', 1)).to.equal(1)
    visitors.leave(from('192.0.2.7'))
    expect(admitted('192.0.2.7', 2)).to.equal(0)
  })

  it('are one where their addresses are forms of one, or of one IPv6 network', () => {
    start({ connectionsPerAddress: 2 })
    expect(
      ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'].map(address => visitors.admit(from(address))),
    ).to.deep.equal([true, true, false])
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(address => visitors.admit(from(address)))).to.deep.equal([
      true,
      true,
      false,
    ])
    visitors.leave(from('2001:db8::9'))
    expect(visitors.admit(from('2001:db8::3'))).to.equal(true)
    expect(visitors.admit(from('2001:db8:0:1::1'))).to.equal(true)
  })

  it('who come and go come as fast as they may, and nobody else notices', async () => {
    start({ connectsPerSecond: 10, connectionsPerAddress: 30 })
    const storm = (): number => {
      let count = 0
      for (let i = 0; i < 100; i++)
        if (visitors.admit(from('192.0.2.7'))) {
          count++
          visitors.leave(from('192.0.2.7'))
        }
      return count
    }
    expect(storm()).to.equal(30)
    expect(storm()).to.equal(0)
    expect(admitted('192.0.2.8', 30)).to.equal(30)
    await clock.advance(1000)
    expect(storm()).to.equal(10)
    await clock.advance(60_000)
    expect(storm()).to.equal(30)
  })

  it('in the own process are not counted', () => {
    start({ connectionsPerAddress: 1 })
    for (let i = 0; i < 100; i++) {
      expect(visitors.admit({ address: '', network: true })).to.equal(true)
      expect(visitors.admit({ address: '192.0.2.7', network: false })).to.equal(true)
    }
    expect(visitors.size.addresses).to.equal(0)
  })

  it('wait after too many failed logins, each address for itself', async () => {
    const one = from('192.0.2.7')
    for (let i = 0; i < 20; i++) {
      expect(visitors.wait(one, null), `${i}`).to.equal(0)
      visitors.failed(one)
    }
    expect(visitors.wait(one, null)).to.equal(3)
    expect(visitors.wait(from('192.0.2.8'), null)).to.equal(0)
    await clock.advance(2900)
    expect(visitors.wait(one, null)).to.equal(1)
    await clock.advance(100)
    expect(visitors.wait(one, null)).to.equal(0)
    visitors.failed(one)
    expect(visitors.wait(one, null)).to.equal(3)
  })

  it('wait at most a good minute, however many logins failed', async () => {
    const one = from('192.0.2.7')
    for (let i = 0; i < 10_000; i++) visitors.failed(one, 'ann')
    expect(visitors.wait(one, 'ann')).to.be.within(60, 66)
    await clock.advance(66_000)
    expect(visitors.wait(one, 'ann')).to.equal(0)
  })

  it('guess at one account from many addresses no more often, and its own player is not locked out', () => {
    const home = from('192.0.2.1')
    visitors.succeeded(home, 'Ann')
    for (let i = 0; i < 10; i++) visitors.failed(from(`198.51.100.${i}`), i % 2 ? 'ann' : 'ＡＮＮ')
    expect(visitors.wait(from('198.51.100.99'), 'ann')).to.equal(6)
    expect(visitors.wait(from('198.51.100.99'), 'bob')).to.equal(0)
    expect(visitors.wait(from('198.51.100.99'), null)).to.equal(0)
    expect(visitors.wait(home, 'ann')).to.equal(0)
    // A number is not the name that looks like it.
    for (let i = 0; i < 10; i++) visitors.failed(from(`198.51.100.${i}`), 7)
    expect(visitors.wait(from('203.0.113.1'), '7')).to.equal(0)
    expect(visitors.wait(from('203.0.113.1'), 7)).to.equal(6)
  })

  it('are forgotten: of a hundred thousand addresses and names no more than ten thousand are left', async () => {
    const address = (i: number): Origin => from(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    for (let i = 0; i < 100_000; i++) {
      visitors.failed(address(i), i % 5 ? null : `name ${i}`)
      visitors.admit(address(i))
      visitors.leave(address(i))
    }
    expect(visitors.size.addresses).to.be.at.most(10_000)
    expect(visitors.size.accounts).to.be.at.most(10_000)
    // What has been forgiven goes when others come.
    for (let i = 0; i < 3; i++) {
      await clock.advance(120_000)
      visitors.failed(address(500_000 + i))
    }
    expect(visitors.size.addresses).to.be.at.most(2)
  })

  it('who are connected stay known, whoever comes', () => {
    start({ connectionsPerAddress: 2 })
    expect(admitted('192.0.2.7', 3)).to.equal(2)
    for (let i = 0; i < 50_000; i++) visitors.failed(from(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
    expect(admitted('192.0.2.7', 1)).to.equal(0)
    visitors.leave(from('192.0.2.7'))
    expect(admitted('192.0.2.7', 2)).to.equal(1)
  })

  it('have so many logins decided on at once, in all and from one address; one that never ends counts for a minute', async () => {
    start({ loginsAtOnce: 5, connectionsPerAddress: 3 })
    const begin = (address: string): (() => void) | null => visitors.decide(from(address))
    const first = [1, 2, 3].map(() => begin('192.0.2.7'))
    expect(first.every(done => done !== null)).to.equal(true)
    expect(begin('192.0.2.7')).to.equal(null)
    await clock.advance(1000)
    expect([begin('192.0.2.8'), begin('192.0.2.9')].every(done => done !== null)).to.equal(true)
    expect(begin('192.0.2.10')).to.equal(null)
    first[0]!()
    first[0]!()
    expect(begin('192.0.2.10')).to.not.equal(null)
    expect(begin('192.0.2.11')).to.equal(null)
    await clock.advance(59_000)
    expect(begin('192.0.2.7')).to.not.equal(null)
    // Late answers of what was given up change nothing.
    for (const done of first) done!()
    expect(begin('192.0.2.12')).to.not.equal(null)
    expect(begin('192.0.2.12')).to.equal(null)
  })
})
