/** Which web pages a WebSocket server admits. */
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { type Origins, websocket, websocketDialer } from '../../transports/websocket.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { Bench } from './recorder.ts'

describe('the origin check', () => {
  let bench: Bench

  const open = async (origins?: Origins): Promise<void> => {
    bench = new Bench(websocket({ port: 0, ...(origins && { origins }) }), websocketDialer())
    await bench.listen()
  }
  afterEach(() => bench.listener.close())

  /** The status that a page of `origin` is answered when it asks for the server as `host`. */
  const status = async (origin: string | undefined, host = 'localhost:7200'): Promise<number> => {
    const headers = { Host: host, ...(origin !== undefined && { Origin: origin }) }
    const raw = await RawClient.open(Number(new URL(bench.url).port), upgradeRequest('/', headers))
    const answer = await raw.answer()
    raw.socket.destroy()
    return Number(answer.split(' ')[1])
  }

  describe('by default', () => {
    beforeEach(() => open())

    for (const [origin, host] of [
      [undefined, 'game.example'],
      ['https://game.example', 'game.example'],
      ['https://game.example', 'GAME.example:7200'],
      ['http://192.168.1.5:5173', '192.168.1.5:7200'],
      ['http://[fe80::1]:5173', '[fe80::1]:7200'],
      ['http://localhost:5173', 'localhost:7200'],
      ['http://localhost:5173', '127.0.0.1:7200'],
      ['http://127.0.0.1:5173', 'game.example'],
      ['http://[::1]:5173', 'localhost:7200'],
      ['http://app.localhost:5173', 'localhost:7200'],
      ['capacitor://localhost', 'game.example'],
    ] as const)
      it(`admits ${origin ?? 'a client without an origin'} at ${host}`, async () => {
        expect(await status(origin, host)).to.equal(101)
      })

    for (const [origin, host] of [
      ['https://evil.example', 'game.example'],
      ['https://evil.example', 'localhost:7200'],
      ['https://game.example.evil.example', 'game.example'],
      ['https://notgame.example', 'game.example'],
      ['https://localhost.evil.example', 'localhost'],
      ['https://127.0.0.1.evil.example', 'localhost'],
      ['null', 'game.example'],
      ['file://', 'game.example'],
      ['', 'game.example'],
      ['nonsense', 'game.example'],
    ] as const)
      it(`refuses ${JSON.stringify(origin)} at ${host}`, async () => {
        expect(await status(origin, host)).to.equal(403)
      })

    it('says who was refused, and which option decides', async () => {
      const headers = { Origin: 'https://evil.example' }
      const raw = await RawClient.open(Number(new URL(bench.url).port), upgradeRequest('/', headers))
      expect(await raw.wholeAnswer())
        .to.include('https://evil.example')
        .and.to.include('origins')
    })

    it('calls no engine for what it refuses', async () => {
      await status('https://evil.example')
      await bench.pair()
      expect(bench.servers.length).to.equal(1)
    })
  })

  it('admits exactly the origins of a list, and clients without one', async () => {
    await open(['https://Game.example/', 'https://other.example:443', 'http://plain.example:8080', 'null'])
    const answers: unknown[] = []
    for (const origin of [
      'https://game.example',
      'https://other.example',
      'http://plain.example:8080',
      'null',
      undefined,
      'http://game.example',
      'https://game.example:8443',
      'http://plain.example',
      'http://localhost:5173',
    ])
      answers.push(await status(origin))
    expect(answers).to.deep.equal([101, 101, 101, 101, 101, 403, 403, 403, 403])
  })

  it('admits all with *', async () => {
    for (const origins of ['*', ['*']] as const) {
      await open(origins)
      expect(await status('https://anyone.example')).to.equal(101)
      if (origins === '*') await bench.listener.close()
    }
  })

  it('asks a function, with the request, about clients without an origin too', async () => {
    const asked: unknown[] = []
    await open((origin, request) => {
      asked.push([origin, request.headers.host])
      return origin === 'https://a.example'
    })
    expect(await status('https://a.example', 'x')).to.equal(101)
    expect(await status(undefined, 'y')).to.equal(403)
    expect(asked).to.deep.equal([
      ['https://a.example', 'x'],
      [undefined, 'y'],
    ])
  })

  it('refuses where the function throws, and serves on', async () => {
    let calls = 0
    await open(() => {
      if (calls++ === 0) throw new Error('a mistake of the app')
      return true
    })
    expect(await status('https://a.example')).to.equal(403)
    expect(await status('https://a.example')).to.equal(101)
  })

  it('says at once which entry of a list is no origin', async () => {
    await open()
    for (const entry of ['game.example', 'https://game.example/path', 'https://', ''])
      expect(() => websocket({ origins: [entry] })).to.throw(UsageError, `not '${entry}'`)
  })
})
