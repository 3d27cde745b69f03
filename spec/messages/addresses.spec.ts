/** Addresses as people write them, and as nobody should. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast'
import { type Address, formatAddress, parseAddress } from 'fieldcast/messages'

describe('parseAddress', () => {
  const good: readonly (readonly [Address, string, number])[] = [
    ['localhost', 'localhost', 8080],
    ['localhost:7200', 'localhost', 7200],
    ['ab', 'ab', 8080],
    ['LOCALHOST:1', 'localhost', 1],
    ['127.0.0.1', '127.0.0.1', 8080],
    ['127.0.0.1:65535', '127.0.0.1', 65_535],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['localhost:00080', 'localhost', 80],
    ['game.example.:80', 'game.example.', 80],
    ['my_container:80', 'my_container', 80],
    ['bücher.example', 'xn--bcher-kva.example', 8080],
    ['[::1]', '::1', 8080],
    ['[::1]:7200', '::1', 7200],
    ['[0:0:0:0:0:0:0:1]:7200', '::1', 7200],
    ['[2001:DB8::00FF]:1', '2001:db8::ff', 1],
    ['[::ffff:127.0.0.1]:1', '::ffff:7f00:1', 1],
    [['localhost', 7200], 'localhost', 7200],
    [['localhost'], 'localhost', 8080],
    [['localhost', null], 'localhost', 8080],
    [['::1', 7200], '::1', 7200],
    [['[::1]', 7200], '::1', 7200],
    [{ host: 'localhost', port: 7200 }, 'localhost', 7200],
  ]

  for (const [address, host, port] of good)
    it(`reads ${JSON.stringify(address)}`, () => {
      expect(parseAddress(address)).to.deep.equal({ host, port })
      // What it was put into is read back as the same.
      const text = formatAddress(address)
      expect(parseAddress(text)).to.deep.equal({ host, port })
      expect(formatAddress(text)).to.equal(text)
    })

  it('takes another port for those that name none, and only for those', () => {
    expect(parseAddress('localhost', 7200)).to.deep.equal({ host: 'localhost', port: 7200 })
    expect(parseAddress('localhost:80', 7200).port).to.equal(80)
    expect(parseAddress(['::1'], 7200).port).to.equal(7200)
    expect(formatAddress('LocalHost', 7200)).to.equal('localhost:7200')
    expect(formatAddress(['::1', 80])).to.equal('[::1]:80')
    expect(() => parseAddress('localhost', 65_536)).to.throw(UsageError, 'its port 65536')
  })

  const bad: readonly (readonly [unknown, string])[] = [
    ['', 'names no host'],
    [':8080', 'names no host'],
    ['[]:8080', 'no IPv6 address'],
    [['', 80], 'names no host'],
    ['localhost:', 'no port behind the colon'],
    ['[::1]:', 'no port behind the colon'],
    ['localhost:65536', 'its port 65536'],
    ['localhost:123456', 'its port "123456"'],
    ['localhost:-1', 'its port "-1"'],
    ['localhost:+80', 'its port "+80"'],
    ['localhost:80.5', 'its port "80.5"'],
    ['localhost:0x50', 'its port "0x50"'],
    ['localhost:8e3', 'its port "8e3"'],
    ['localhost:http', 'its port "http"'],
    ['localhost: 80', 'its port " 80"'],
    ['localhost:80 ', 'its port "80 "'],
    ['localhost:８０', 'its port "８０"'],
    ['localhost:80/path', 'its port "80/path"'],
    [['localhost', 65_536], 'its port 65536'],
    [['localhost', -1], 'its port -1'],
    [['localhost', 80.5], 'its port 80.5'],
    [['localhost', Number.NaN], 'its port NaN'],
    [['localhost', '80'], 'its port "80"'],
    ['::1', 'stands in brackets'],
    ['::1:8080', 'stands in brackets'],
    ['fe80::1%eth0', 'stands in brackets'],
    ['a:b:c', 'stands in brackets'],
    ['[::1', 'is not closed'],
    ['[fe80::1%eth0]:80', '%'],
    ['[localhost]:80', 'no IPv6 address'],
    ['[127.0.0.1]:80', 'no IPv6 address'],
    ['[:::1]:80', 'no IPv6 address'],
    ['[1:2:3:4:5:6:7:8:9]:80', 'no IPv6 address'],
    ['[::g]:80', 'no IPv6 address'],
    ['[::1]80', 'stands behind a colon'],
    ['[::1]]:80', 'stands behind a colon'],
    ['ws://localhost:80', 'it is an url'],
    ['user@localhost', 'more in it than a host'],
    ['localhost/path', 'more in it than a host'],
    ['localhost?a', 'more in it than a host'],
    ['localhost#a', 'more in it than a host'],
    ['a\\b', 'more in it than a host'],
    ['a,b', 'more in it than a host'],
    ['a%41', '%'],
    ['local host', 'a space in it'],
    [' localhost', 'a space in it'],
    ['local\nhost', 'a space in it'],
    ['local\u0000host', 'a space in it'],
    ['local\u202ehost', 'a space in it'],
    ['256.0.0.1', 'is no host'],
    ['1.2.3.4.5', 'is no host'],
    [`${'a'.repeat(254)}`, 'is no host'],
    [null, 'neither'],
    [undefined, 'neither'],
    [8080, 'neither'],
    [[], 'neither'],
    [['a', 1, 2], 'neither'],
    [{}, 'neither'],
    [[5, 80], 'its host is no text'],
  ]

  for (const [address, why] of bad)
    it(`refuses ${JSON.stringify(address)?.slice(0, 40)}: ${why}`, () => {
      expect(() => parseAddress(address as Address)).to.throw(UsageError, why)
      expect(() => formatAddress(address as Address)).to.throw(UsageError, 'cannot be used')
    })

  it('quotes what it refuses, but no page of it and no commands to a terminal', () => {
    const message = (address: string): string => {
      try {
        parseAddress(address)
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    expect(message('a b')).to.equal('The address "a b" cannot be used: there is a space in it.')
    expect(message(`${'x'.repeat(100_000)}:y`).length).to.be.below(300)
    expect(message('\u001b[2J')).to.not.include('\u001b')
  })
})
