/** What a connection says before the client's late pieces are there: nothing of it is lost or comes out of order. */
import { expect } from 'chai'
import { Deferred } from '../../lib/base/deferred.ts'
import type { ChannelReceiver } from '../../lib/link/transport.ts'
import { early } from '../../lib/replication/view/early.ts'

describe('A connection before its receiver is there', () => {
  let heard: unknown[]
  let receiver: ChannelReceiver
  let coming: Deferred<ChannelReceiver>

  beforeEach(() => {
    heard = []
    receiver = {
      frame: bytes => heard.push([...bytes]),
      datagram: bytes => heard.push({ datagram: [...bytes] }),
      end: (code, text) => heard.push({ code, text }),
    }
    coming = new Deferred()
  })

  const there = async (): Promise<void> => {
    coming.resolve(receiver)
    await coming.promise
  }

  it('is heard in order when it comes, the end last', async () => {
    const to = early(coming.promise)
    to.frame(Uint8Array.of(1))
    to.frame(Uint8Array.of(2))
    to.end(13, 'gone')
    expect(heard).to.deep.equal([])
    await there()
    expect(heard).to.deep.equal([[1], [2], { code: 13, text: 'gone' }])
  })

  it('is heard at once from then on', async () => {
    const to = early(coming.promise)
    await there()
    to.frame(Uint8Array.of(1))
    to.datagram!(Uint8Array.of(2))
    to.end(undefined, '')
    expect(heard).to.deep.equal([[1], { datagram: [2] }, { code: undefined, text: '' }])
  })

  it('keeps bytes that were lent for the call alone', async () => {
    const to = early(coming.promise)
    const lent = Uint8Array.of(7)
    to.frame(lent)
    lent[0] = 0
    await there()
    expect(heard).to.deep.equal([[7]])
  })

  it('lets a frame that comes while those before it are told wait its turn', async () => {
    const to = early(coming.promise)
    const plain = receiver.frame
    receiver.frame = bytes => {
      if (bytes[0] === 1) to.frame(Uint8Array.of(3))
      plain(bytes)
    }
    to.frame(Uint8Array.of(1))
    to.frame(Uint8Array.of(2))
    await there()
    expect(heard).to.deep.equal([[1], [2], [3]])
  })

  it('loses the datagrams of before, as a wire may', async () => {
    const to = early(coming.promise)
    to.datagram!(Uint8Array.of(1))
    await there()
    expect(heard).to.deep.equal([])
  })
})
