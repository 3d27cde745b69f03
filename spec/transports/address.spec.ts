/** Addresses that cannot be dialled, and the words for it. */
import { expect } from 'chai'
import { addressFault } from '../../lib/link/address.ts'

describe('An address', () => {
  for (const [url, port] of [
    ['tcp://localhost:7201', 7201],
    ['tcp://127.0.0.1:1', 7201],
    ['tls://game.example:65535/', 7201],
    ['udp://[::1]:7202', 7202],
    ['udp://[2001:db8::2:1]:7202', 7202],
    ['ws://localhost', undefined],
    ['wss://game.example/game?a=b:c', undefined],
    ['wss://[::1]/game', undefined],
    ['ws://[::1]:7200/game', undefined],
    ['ws://me:secret@host:80', undefined],
    ['webrtc://host:7200/path#x', undefined],
  ] as const)
    it(`${url} can be dialled`, () => expect(addressFault(url, port)).to.equal(null))

  for (const [url, port, words] of [
    ['tcp:localhost:7201', 7201, 'an address is written scheme://host:port.'],
    ['tcp://', 7201, 'it names no host.'],
    ['ws://', undefined, 'it names no host.'],
    ['tcp://:7201', 7201, 'it names no host.'],
    ['tcp://localhost', 7201, 'it names no port: tcp://host:7201'],
    ['udp://localhost/', 7202, 'it names no port: udp://host:7202'],
    ['tcp://localhost:', 7201, 'it names no port: tcp://host:7201'],
    ['ws://localhost:', undefined, 'it names no port: ws://host:7200'],
    ['tcp://[::1]', 7201, 'it names no port: tcp://host:7201'],
    ['tcp://localhost:0', 7201, 'its port "0" is no number from 1 to 65535.'],
    ['tcp://localhost:65536', 7201, 'its port "65536" is no number from 1 to 65535.'],
    ['tcp://localhost:http', 7201, 'its port "http" is no number from 1 to 65535.'],
    ['tcp://localhost:-1', 7201, 'its port "-1" is no number from 1 to 65535.'],
    ['tcp://[::1]7201', 7201, 'its port "7201" is no number from 1 to 65535.'],
    ['tcp://::1:7201', 7201, 'an IPv6 address stands in brackets: tcp://[::1]:7201'],
    ['ws://fe80::1', undefined, 'an IPv6 address stands in brackets: ws://[::1]'],
    ['tcp://[::1:7201', 7201, 'the bracket of its IPv6 address is not closed: tcp://[::1]:7201'],
    ['tcp://[::g]:7201', 7201, '[::g] is no IPv6 address.'],
    ['tcp://[1:2:3]:7201', 7201, '[1:2:3] is no IPv6 address.'],
    ['tcp://[fe80::1%eth0]:7201', 7201, 'an IPv6 address in an url cannot name an interface (%).'],
    ['tcp://a b:7201', 7201, 'there is a space in it.'],
    ['tcp://a:7201\n', 7201, 'there is a space in it.'],
    ['tcp://a<b:7201', 7201, '"a<b:7201" is no host and port.'],
    ['tcp://1.2.3.999:7201', 7201, '"1.2.3.999:7201" is no host and port.'],
  ] as const)
    it(`${JSON.stringify(url)} cannot: ${words}`, () => expect(addressFault(url, port)).to.equal(words))
})
