/** Whose word on a connection's address counts. */
import { expect } from 'chai'
import fc from 'fast-check'
import { UsageError } from '../../lib/base/errors.ts'
import { addressReader, type ProxyOptions } from '../../transports/trusted-proxies.ts'
import { type WebsocketOptions, websocket } from '../../transports/websocket.ts'
import { warnings } from '../support/quiet.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { portOf, websocketBenches } from './websocket-bench.ts'

const trustedProxies = ['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32']

/** The address of a client that comes from `peer` with such headers. */
const read = (
  peer: string | undefined,
  headers: Record<string, string>,
  options: ProxyOptions = { trustedProxies },
): string => addressReader(options, 'websocket')({ socket: { remoteAddress: peer }, headers })

const behind = (header: string, options?: ProxyOptions): string =>
  read('127.0.0.1', { 'x-forwarded-for': header }, options)

describe('The address behind proxies', () => {
  const { opened } = websocketBenches()

  /** The address that a server sees of a client that upgrades with such headers. */
  async function seen(options: WebsocketOptions, headers: Record<string, string>): Promise<string> {
    const bench = await opened(options)
    const raw = await RawClient.open(portOf(bench), upgradeRequest('/', headers))
    await raw.answer()
    const { channel } = await bench.arrival(0)
    raw.socket.destroy()
    return channel.address
  }

  it('is what a trusted proxy says, over a real connection', async () => {
    expect(await seen({ trustedProxies: ['127.0.0.1'] }, { 'X-Forwarded-For': '192.0.2.7' })).to.equal('192.0.2.7')
  })

  it('is the socket’s own where nobody is trusted, or another, whatever is claimed', async () => {
    for (const options of [{}, { trustedProxies: [] }, { trustedProxies: ['10.0.0.0/8', '::1'] }])
      expect(
        await seen(options, {
          'X-Forwarded-For': '192.0.2.7',
          Forwarded: 'for=192.0.2.7',
          'X-Real-IP': '192.0.2.7',
          'X-Forwarded-Proto': 'https',
          Via: '192.0.2.7',
        }),
      ).to.equal('127.0.0.1')
  })

  describe('that nobody trusts', () => {
    beforeEach(() => (warnings.length = 0))

    it('is warned of once per listener, with what to write', async () => {
      for (let listener = 0; listener < 2; listener++) {
        const bench = await opened()
        for (let i = 0; i < 3; i++) {
          const raw = await RawClient.open(portOf(bench), upgradeRequest('/', { 'X-Forwarded-For': `192.0.2.${i}` }))
          await raw.answer()
          raw.socket.destroy()
        }
        expect(warnings).to.have.length(listener + 1)
        expect(warnings[listener]).to.match(
          /^fieldcast: the header X-Forwarded-For came from (127\.0\.0\.1|::1), which trustedProxies does not name: all players behind it count as one address\. .*websocket\(\{ trustedProxies: \['(127\.0\.0\.1|::1)'\] \}\)/,
        )
      }
    })

    it('is told apart by where it came from: strangers without end raise one warning, and hide none of a proxy’s', () => {
      const reader = addressReader({}, 'websocket')
      const from = (remoteAddress: string | undefined, headers: Record<string, string>) =>
        reader({ socket: { remoteAddress }, headers })
      for (let i = 0; i < 100; i++) from(`203.0.113.${i}`, { 'x-forwarded-for': 'x\u001b[2J' })
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.include('203.0.113.0').and.not.include('\u001b')
      from('::ffff:10.1.2.3', { 'x-forwarded-for': '192.0.2.7' })
      from(undefined, { 'x-forwarded-for': '192.0.2.7' })
      expect(warnings).to.have.length(2)
      expect(warnings[1]).to.include("['10.1.2.3']")
    })

    it('is no matter where there is none, where the proxy is trusted, or where it is the other header', () => {
      read('127.0.0.1', {}, {})
      read('127.0.0.1', { forwarded: 'for=192.0.2.7' }, {})
      read('127.0.0.1', { 'x-forwarded-for': '192.0.2.7' })
      expect(warnings).to.deep.equal([])
      read(undefined, { forwarded: 'for=192.0.2.7' }, { proxyHeader: 'forwarded' })
      expect(warnings[0]).to.include('the header Forwarded came from a Unix socket').and.include("['unix']")
    })
  })

  it('plays no part in which pages may connect', async () => {
    const bench = await opened({ trustedProxies: ['127.0.0.1'] })
    const headers = {
      Origin: 'https://evil.example',
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Host': 'evil.example',
    }
    const raw = await RawClient.open(portOf(bench), upgradeRequest('/', headers))
    expect(await raw.answer()).to.include(' 403 ')
    raw.socket.destroy()
  })

  it('is read from the right, over all proxies that are trusted: what a client wrote itself stays to the left', () => {
    expect(behind('192.0.2.7')).to.equal('192.0.2.7')
    expect(behind('8.8.8.8, 192.0.2.7')).to.equal('192.0.2.7')
    expect(behind('127.0.0.1, 192.0.2.7')).to.equal('192.0.2.7')
    expect(behind('8.8.8.8,192.0.2.7 , 10.1.2.3,10.9.9.9')).to.equal('192.0.2.7')
    // A machine of one's own.
    expect(behind('10.1.2.3, 10.9.9.9')).to.equal('10.1.2.3')
  })

  it('is known in all its forms', () => {
    expect(behind('192.0.2.7:4711')).to.equal('192.0.2.7')
    expect(behind('[2001:DB9::7]:4711')).to.equal('2001:db9::7')
    expect(behind('2001:db9::7')).to.equal('2001:db9::7')
    expect(behind('::ffff:192.0.2.7')).to.equal('192.0.2.7')
    expect(behind('::ffff:10.0.0.1')).to.equal('10.0.0.1')
    expect(read('::ffff:127.0.0.1', { 'x-forwarded-for': '192.0.2.7' })).to.equal('192.0.2.7')
    expect(read('2001:db8:5::1', { 'x-forwarded-for': '192.0.2.7' })).to.equal('192.0.2.7')
    expect(read('2001:db9::1', { 'x-forwarded-for': '192.0.2.7' })).to.equal('2001:db9::1')
  })

  for (const garbage of [
    '',
    ' ',
    ',',
    'unknown',
    'localhost',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.7/24',
    '192.0.2.7:port',
    '192.0.2.7:',
    '[192.0.2.7]',
    '[2001:db9::7',
    '2001:db9::7]:1',
    'fe80::1%eth0',
    '0x7f.1',
    '1e9',
    '__proto__',
    "<script>alert('1')</script>",
    '\u0000',
    '٣.٣.٣.٣',
  ])
    it(`is the last that is known where ${JSON.stringify(garbage)} stands for one`, () => {
      expect(behind(garbage)).to.equal('127.0.0.1')
      expect(behind(`8.8.8.8, ${garbage}`)).to.equal('127.0.0.1')
      expect(behind(`8.8.8.8, ${garbage}, 10.1.2.3`)).to.equal('10.1.2.3')
      expect(behind(`${garbage}, 192.0.2.7`)).to.equal('192.0.2.7')
    })

  it('is read of so many proxies and no more, however long the header', () => {
    const long = `${'8.8.8.8, '.repeat(10_000)}192.0.2.7`
    expect(behind(long)).to.equal('192.0.2.7')
    expect(behind(`192.0.2.7${', 10.0.0.1'.repeat(40)}`)).to.equal('10.0.0.1')
  })

  it('comes from one header alone: proxies pass on what clients write into the other', () => {
    const both = { 'x-forwarded-for': '192.0.2.7', forwarded: 'for=8.8.8.8' }
    expect(read('127.0.0.1', both)).to.equal('192.0.2.7')
    expect(read('127.0.0.1', both, { trustedProxies, proxyHeader: 'forwarded' })).to.equal('8.8.8.8')
    expect(read('127.0.0.1', { forwarded: 'for=8.8.8.8' })).to.equal('127.0.0.1')
  })

  describe('in the header Forwarded', () => {
    const forwarded = (header: string): string =>
      read('127.0.0.1', { forwarded: header }, { trustedProxies, proxyHeader: 'forwarded' })

    for (const [header, address] of [
      ['for=192.0.2.7', '192.0.2.7'],
      ['For="192.0.2.7:4711";proto=https;by=10.0.0.1', '192.0.2.7'],
      ['by=10.0.0.1; for=192.0.2.7 ;proto=http', '192.0.2.7'],
      ['for="[2001:db9::7]:4711"', '2001:db9::7'],
      ['for=8.8.8.8, for=192.0.2.7, for=10.0.0.1', '192.0.2.7'],
      ['for=8.8.8.8, for=_hidden, for=10.0.0.1', '10.0.0.1'],
      ['for=unknown', '127.0.0.1'],
      ['proto=https', '127.0.0.1'],
      ['notfor=8.8.8.8', '127.0.0.1'],
      ['host="for=8.8.8.8"', '127.0.0.1'],
      ['for="8.8.8.8', '127.0.0.1'],
      // A quote left open by a client.
      ['for="8.8.8.8, for=192.0.2.7', '192.0.2.7'],
      ['host="a\\", for=192.0.2.7', '192.0.2.7'],
      [`${'"\\'.repeat(30_000)}, for=192.0.2.7`, '192.0.2.7'],
    ] as const)
      it(`is ${address} of ${header.slice(0, 60)}`, () => {
        expect(forwarded(header)).to.equal(address)
      })
  })

  it('is never one that a client made up, whatever it writes to the left', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom('x-forwarded-for', 'forwarded'),
        (left, header) => {
          const options = { trustedProxies, proxyHeader: header } as ProxyOptions
          const own = header === 'forwarded' ? 'for=192.0.2.7;proto=http' : '192.0.2.7'
          expect(read('127.0.0.1', { [header]: `${left}, ${own}` }, options)).to.equal('192.0.2.7')
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('is told by a proxy behind a Unix socket where that is trusted', () => {
    const headers = { 'x-forwarded-for': '192.0.2.7' }
    expect(read(undefined, headers, { trustedProxies: ['unix'] })).to.equal('192.0.2.7')
    expect(read(undefined, headers)).to.equal('unknown')
    expect(read('127.0.0.1', headers, { trustedProxies: ['unix'] })).to.equal('127.0.0.1')
  })

  it('is not to be had from a list that is none', () => {
    for (const place of [
      '',
      'nginx',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '::/129',
      'fe80::1%eth0',
      '*',
    ])
      expect(() => websocket({ trustedProxies: [place] }), place).to.throw(UsageError, JSON.stringify(place))
    expect(() => websocket({ proxyHeader: 'x-real-ip' as never })).to.throw(UsageError, "'forwarded'")
  })
})
