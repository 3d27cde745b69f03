/** `tokenLogin` of `fieldcast/token`: who gets in with which token, and what the others are told. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import {
  ConnectionFailed,
  Flags,
  field,
  networkClass,
  Registry,
  Reject,
  Rejected,
  type str,
  UsageError,
} from 'fieldcast'
import { World } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { type TokenLogin, type TokenLoginOptions, tokenLogin } from '../../lib/token.ts'
import { failureOf, record } from '../support/outcome.ts'
import { Program, stopAll } from '../support/process.ts'
import { Witness } from '../support/witness.ts'

const secret = 'a shared secret of 32 bytes, or more'
const clock = new VirtualClock()
const now = Math.floor(clock.wall() / 1000)

interface Draft extends JWTPayload {
  readonly alg?: string
  readonly kid?: string
}

const signer =
  (key: unknown, usual = 'HS256') =>
  (draft: Draft = {}): Promise<string> => {
    const { alg = usual, kid, ...claims } = draft
    const payload = { sub: 'ann', exp: now + 60, ...claims }
    return new SignJWT(payload).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key as Uint8Array)
  }
const sign = signer(new TextEncoder().encode(secret))

/** The reason for which a token is refused; fails where it is taken. */
async function refusal(login: TokenLogin, credentials: unknown): Promise<string> {
  const { reason } = await failureOf(login(credentials), Reject)
  // Plain words, with nothing of what was brought.
  expect(reason).to.match(/^[A-Z][a-z ]+\.$/)
  return reason
}

describe('tokenLogin', () => {
  const login = tokenLogin({ secret, issuer: 'https://id.example', audience: 'game', clock })
  const good = { iss: 'https://id.example', aud: 'game' }

  it('admits whoever brings a good token, as `{ token }` or by itself; `sub` is the account', async () => {
    const token = await sign(good)
    for (const credentials of [token, { token }]) {
      const account = await login(credentials)
      expect(account.id).to.equal('ann')
      expect(account.data).to.deep.equal({ sub: 'ann', exp: now + 60, ...good })
    }
    expect((await login(await sign({ ...good, aud: ['other', 'game'] }))).id).to.equal('ann')
  })

  for (const [what, draft, reason] of [
    ['has expired', { exp: now - 6 }, 'The token has expired.'],
    ['expired an age ago', { exp: 1 }, 'The token has expired.'],
    ['is not good yet', { nbf: now + 6 }, 'The token is not good yet.'],
    ['is for another audience', { aud: 'shop' }, 'The token is for somebody else.'],
    ['is for nobody', { aud: undefined }, 'The token lacks a claim.'],
    ['is from another issuer', { iss: 'https://evil.example' }, 'The token is from somebody else.'],
    ['never ends', { exp: undefined }, 'The token never ends.'],
    ['ends at no time', { exp: 'tomorrow' as never }, 'The token has a claim that does not fit.'],
    ['names nobody', { sub: undefined }, 'The token names nobody.'],
    ['names an empty name', { sub: '' }, 'The token names nobody.'],
    ['names no text', { sub: 7 as never }, 'The token names nobody.'],
    [
      'has another algorithm of the same key',
      { alg: 'HS384' },
      'The token is signed with an algorithm that is not taken here.',
    ],
  ] as const)
    it(`refuses one that ${what}`, async () => {
      const claims = Object.fromEntries(
        Object.entries({ sub: 'ann', exp: now + 60, ...good, ...draft }).filter(([, value]) => value !== undefined),
      )
      const { alg = 'HS256', ...payload } = claims as Draft
      const token = await new SignJWT(payload)
        .setProtectedHeader({ alg })
        .sign(new TextEncoder().encode(secret.repeat(2).slice(0, alg === 'HS256' ? secret.length : 72)))
      expect(await refusal(login, { token })).to.equal(reason)
    })

  it('takes the difference of two clocks, and no more', async () => {
    await login(await sign({ ...good, exp: now - 4 }))
    await login(await sign({ ...good, nbf: now + 4 }))
    const exact = tokenLogin({ secret, tolerance: 0, clock })
    expect(await refusal(exact, await sign({ exp: now - 1 }))).to.equal('The token has expired.')
  })

  it('refuses a token that nobody has signed, however its header is written', async () => {
    const unsecured = new UnsecuredJWT({ sub: 'ann', ...good }).setExpirationTime(now + 60).encode()
    const [, payload] = (await sign(good)).split('.')
    const header = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url')
    for (const token of [
      unsecured,
      `${header({ alg: 'none' })}.${payload}.`,
      `${header({ alg: 'None' })}.${payload}.`,
      `${header({ alg: '' })}.${payload}.`,
      `${header({})}.${payload}.`,
      `${header({ alg: ['HS256'] })}.${payload}.`,
      `${header({ alg: 'HS256' })}.${payload}.`,
      `${header({ alg: 'HS256', crit: ['exp'], exp: 1 })}.${payload}.`,
      `${header({ alg: 'HS256', jku: 'https://evil.example', jwk: { kty: 'oct', k: 'AAAA' } })}.${payload}.`,
    ])
      await refusal(login, token)
  })

  it('refuses one that was signed with another secret, or changed behind the signature', async () => {
    const foreign = signer(new TextEncoder().encode('another secret of 32 bytes, or so!!'))
    expect(await refusal(login, await foreign(good))).to.equal('The signature of the token does not fit.')
    const [header, , signature] = (await sign(good)).split('.')
    const payload = Buffer.from(JSON.stringify({ sub: 'admin', exp: now + 60, ...good })).toString('base64url')
    expect(await refusal(login, `${header}.${payload}.${signature}`)).to.equal(
      'The signature of the token does not fit.',
    )
  })

  it('refuses what is no token, and what is missing', async () => {
    for (const credentials of [
      undefined,
      null,
      7,
      {},
      [],
      '',
      { token: '' },
      { token: 7 },
      { token: null },
      Object.create({ token: await sign(good) }),
    ])
      expect(await refusal(login, credentials)).to.equal('The login needs a token.')
    for (const token of [
      'x',
      '..',
      'a.b.c',
      '....',
      '\0',
      '{}',
      'eyJ.eyJ.eyJ',
      `${await sign(good)}.x`,
      (await sign(good)).slice(0, -30),
    ])
      await refusal(login, { token })
  })

  it('does not look at a token of a megabyte', async () => {
    const token = await sign({ ...good, filler: 'x'.repeat(1 << 20) })
    const before = performance.now()
    expect(await refusal(login, { token })).to.equal('The token is too long.')
    expect(performance.now() - before).to.be.below(50)
    expect(await refusal(login, { token: await sign({ ...good, filler: 'x'.repeat(8192) }) })).to.equal(
      'The token is too long.',
    )
  })

  it('measures the age of a token where that is asked for, and needs no end then', async () => {
    const young = tokenLogin({ secret, maxAge: 600, clock })
    const token = (iat: number | undefined): Promise<string> =>
      new SignJWT({ sub: 'ann', ...(iat !== undefined && { iat }) })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret))
    expect((await young(await token(now - 600))).id).to.equal('ann')
    expect(await refusal(young, await token(now - 606))).to.equal('The token has expired.')
    expect(await refusal(young, await token(now + 60))).to.equal('The token is not good yet.')
    expect(await refusal(young, await token(undefined))).to.equal('The token never ends.')
  })

  it('leaves the account to the game', async () => {
    const vip = tokenLogin({
      secret,
      clock,
      account: ({ sub, vip }) => {
        if (!vip) throw new Reject('vips only')
        return { id: `vip:${sub}` }
      },
    })
    expect((await vip(await sign({ vip: true }))).id).to.equal('vip:ann')
    expect((await failureOf(vip(await sign()), Reject)).reason).to.equal('vips only')
  })

  describe('with public keys', () => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const)
      it(`takes what the private half has signed, ${alg}, and nothing else`, async () => {
        const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
        const pem = await exportSPKI(publicKey)
        const own = signer(privateKey, alg)
        for (const key of [pem, await exportJWK(publicKey)]) {
          const login = tokenLogin({ publicKey: key as string, clock })
          expect((await login(await own())).id).to.equal('ann')
          const stranger = await generateKeyPair(alg)
          await refusal(login, await signer(stranger.privateKey, alg)())
          // The public key, which everybody has, taken for a shared secret.
          const confused = await new SignJWT({ sub: 'admin', exp: now + 60 })
            .setProtectedHeader({ alg: 'HS256' })
            .sign(new TextEncoder().encode(pem))
          expect(await refusal(login, confused)).to.equal(
            'The token is signed with an algorithm that is not taken here.',
          )
        }
        const other = alg === 'ES256' ? 'RS256' : 'ES256'
        const stranger = await generateKeyPair(other)
        expect(
          await refusal(tokenLogin({ publicKey: pem, clock }), await signer(stranger.privateKey, other)()),
        ).to.equal('The token is signed with an algorithm that is not taken here.')
      })

    it('finds the key by its name in a set, and refuses one that is not in it', async () => {
      const [one, two] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
      const keys = [{ ...(await exportJWK(one.publicKey)), kid: 'one', alg: 'ES256' }]
      const login = tokenLogin({ jwks: { keys }, issuer: 'i', audience: 'a', clock })
      const claims = { iss: 'i', aud: 'a' }
      expect((await login(await signer(one.privateKey, 'ES256')({ ...claims, kid: 'one' }))).id).to.equal('ann')
      expect(await refusal(login, await signer(two.privateKey, 'ES256')({ ...claims, kid: 'two' }))).to.equal(
        'The token is signed with an unknown key.',
      )
      expect(await refusal(login, await signer(two.privateKey, 'ES256')({ ...claims, kid: 'one' }))).to.equal(
        'The signature of the token does not fit.',
      )
    })

    describe('published at an url', () => {
      let http: HttpServer
      let asked = 0
      let answer: () => object | null
      beforeEach(async () => {
        asked = 0
        http = createHttpServer((_, response) => {
          asked++
          const set = answer()
          response.writeHead(set ? 200 : 500, { 'Content-Type': 'application/json', Connection: 'close' })
          response.end(JSON.stringify(set))
        })
        await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
      })
      afterEach(() => new Promise<unknown>(resolve => http.close(resolve)))
      const url = (): string => `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks.json`

      it('are fetched once for many logins, and not for each made-up name of a key', async () => {
        const pair = await generateKeyPair('ES256')
        const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }]
        answer = () => ({ keys })
        const login = tokenLogin({ jwks: url(), issuer: 'i', audience: 'a', clock })
        const token = (kid: string): Promise<string> => signer(pair.privateKey, 'ES256')({ iss: 'i', aud: 'a', kid })
        for (let i = 0; i < 5; i++) expect((await login(await token('one'))).id).to.equal('ann')
        for (let i = 0; i < 20; i++)
          expect(await refusal(login, await token(`made up ${i}`))).to.equal('The token is signed with an unknown key.')
        expect(asked).to.equal(1)
      })

      it('that cannot be had are a fault of the server, no veto; the next login asks again', async () => {
        const pair = await generateKeyPair('ES256')
        answer = () => null
        const login = tokenLogin({ jwks: url(), issuer: 'i', audience: 'a', clock })
        const token = await signer(pair.privateKey, 'ES256')({ iss: 'i', aud: 'a', kid: 'one' })
        const error = await failureOf(login(token), Error)
        expect(error).to.not.be.instanceOf(Reject)
        expect(`${error.message}${error.stack}`).to.not.include(token.slice(-20))
        const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }]
        answer = () => ({ keys })
        expect((await login(token)).id).to.equal('ann')
      })
    })
  })

  it('refuses options that would leave a door open', async () => {
    const pair = await generateKeyPair('RS256', { extractable: true })
    const publicKey = await exportSPKI(pair.publicKey)
    const set = { keys: [] }
    for (const [options, what] of [
      [{}, 'exactly one'],
      [{ secret, publicKey }, 'exactly one'],
      [{ secret: 'short' }, 'shorter than 32 bytes'],
      [{ secret, algorithms: ['HS512'] }, 'shorter than 64 bytes'],
      [{ secret, algorithms: ['none'] }, 'HS256'],
      [{ secret, algorithms: [] }, 'HS256'],
      [{ secret, algorithms: ['HS256', 'RS256'] }, 'HS256'],
      [{ secret, algorithms: 'HS256' as never }, 'HS256'],
      [{ publicKey, algorithms: ['HS256'] }, 'RS256'],
      [{ publicKey: await exportPKCS8(pair.privateKey) }, 'private key'],
      [{ publicKey: await exportJWK(pair.privateKey) }, 'private key'],
      [{ jwks: set }, 'issuer and audience'],
      [{ jwks: set, issuer: 'i' }, 'issuer and audience'],
      [{ jwks: 'http://id.example/keys', issuer: 'i', audience: 'a' }, 'https:'],
      [{ jwks: 'file:///keys', issuer: 'i', audience: 'a' }, 'https:'],
      [{ jwks: 'keys', issuer: 'i', audience: 'a' }, 'no url'],
      [{ publicKey: 'no key' }, 'publicKey is no key: its text begins with -----BEGIN PUBLIC KEY-----'],
      [{ publicKey: './key.pem' }, 'Was a path given'],
      [{ publicKey: publicKey.replace('-----END', '----END') }, 'is no key'],
      [{ publicKey: publicKey.replaceAll('PUBLIC', 'RSA PUBLIC') }, 'PKCS#1'],
      [{ publicKey: publicKey.replaceAll('PUBLIC KEY', 'X509 CRL') }, 'is no public key but X509 CRL'],
      [{ publicKey: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' }, 'RSA, P-256'],
      [{ publicKey: '-----BEGIN PUBLIC KEY-----\n=A=\n-----END PUBLIC KEY-----' }, 'RSA, P-256'],
      [{ publicKey: {} }, 'no JWK'],
      [{ publicKey: { kty: 'EC', crv: 'P-256', x: 'AA' } }, 'is a JWK that lacks y.'],
      [{ publicKey: 7 as never }, 'is no key'],
      [{ publicKey, algorithms: ['ES256'] }, 'is an RSA key, which signs RS256, RS384'],
      [{ publicKey: await exportJWK(pair.publicKey), algorithms: ['ES256', 'EdDSA'] }, 'and not ES256, EdDSA'],
      [{ jwks: set, issuer: 'i', audience: 'a' }, 'jwks has no key that could be used.'],
      [{ jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] }, issuer: 'i', audience: 'a' }, 'Its first is no JWK'],
      [{ secret, maxAge: -1 }, 'maxAge'],
      [{ secret, tolerance: Number.NaN }, 'tolerance'],
      [{ secret, maxLength: 1e9 }, 'maxLength'],
    ] as [TokenLoginOptions, string][])
      expect(() => tokenLogin(options), what).to.throw(UsageError, what)
  })

  it('that cannot get its keys ends the connection as a fault of the server, which may be tried again', async () => {
    const registry = new Registry()
    @networkClass(10, { registry })
    class Player extends Witness {}
    const classes = [Player]
    const http = createHttpServer((_, response) => response.writeHead(500).end())
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    const jwks = `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks.json?key=hidden`
    const pair = await generateKeyPair('ES256')
    const world = await World.start<Player>({
      server: { classes, avatar: Player, login: tokenLogin({ jwks, issuer: 'i', audience: 'a', clock }) },
      client: { classes, avatar: Player },
      wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() },
    })
    const errors = record(world.server, 'error')
    const token = await signer(pair.privateKey, 'ES256')({ iss: 'i', aud: 'a', kid: 'one' })
    const refused = await failureOf(world.join({ token }), Error)
    expect(refused.message).to.include('The server cannot check logins now.')
    expect(refused).to.have.property('reason', 'server-error')
    const { message } = errors[0]!.error as Error
    expect(errors[0]!.error).to.be.instanceOf(ConnectionFailed)
    expect(message).to.include('cannot get the keys at http://127.0.0.1').and.include('/jwks.json: ')
    expect(message).to.not.include('hidden')
    await world.stop()
    await new Promise<unknown>(resolve => http.close(resolve))
  })

  it('says at once where the package jose is missing, with the line that installs it, and at each login', async () => {
    const hook = `export const resolve = (name, at, next) => name === 'jose' ? Promise.reject(new Error('no jose')) : next(name, at)`
    const data = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`
    const program = new Program([
      '--conditions=fieldcast-source',
      '--import',
      'fieldcast/register',
      '--import',
      data(`import { register } from 'node:module'; register(${JSON.stringify(data(hook))})`),
      new URL('../support/token-without-jose.ts', import.meta.url).pathname,
    ])
    try {
      await program.line(/^fieldcast: tokenLogin\(\) needs the package jose, .*: npm install jose$/)
      await program.line(/^the login: usage, tokenLogin\(\) needs the package jose, .*: npm install jose$/)
      expect(await program.ended).to.equal(0)
    } finally {
      await stopAll()
    }
  }).timeout(30_000)

  it('stands in a server: one gets in with a token, another is told why not', async () => {
    const registry = new Registry()
    @networkClass(10, { registry })
    class Player extends Witness {
      @field(Flags.OwnerSend)
      say(text: str<8>): void {
        this.note('say', text)
      }
    }
    const classes = [Player]
    const world = await World.start<Player>({
      server: { classes, avatar: Player, login: tokenLogin({ secret, clock }) },
      client: { classes, avatar: Player },
      // Signatures take real time.
      wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() },
    })
    const errors = record(world.server, 'error')
    const a = await world.join({ token: await sign() })
    expect(world.server.clients.get(a.id)!.account).to.equal('ann')
    const refused = await failureOf(world.join({ token: await sign({ exp: now - 100 }) }), Rejected)
    expect(refused.reason).to.equal('The token has expired.')
    expect(errors).to.be.empty
    await world.stop()
  })
})
