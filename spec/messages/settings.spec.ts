/** A peng3dnet configuration: its keys, defaults and layers, and the page that lists them. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { str, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { defineMessage, messages, type SettingKey, type SettingLayer, settings } from 'fieldcast/messages'
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { knownSettings } from '../../lib/messages/settings.ts'

/** As the manual of peng3dnet 0.2 documents them. */
const documented: Readonly<Record<SettingKey, unknown>> = {
  'net.server.addr': null,
  'net.server.addr.host': '0.0.0.0',
  'net.server.addr.port': 8080,
  'net.client.addr': null,
  'net.client.addr.host': 'localhost',
  'net.client.addr.port': 8080,
  'net.compress.enabled': true,
  'net.compress.threshold': 8192,
  'net.compress.level': 6,
  'net.encrypt.enabled': false,
  'net.ssl.enabled': false,
  'net.ssl.force': true,
  'net.ssl.cafile': null,
  'net.ssl.server.force_verify': true,
  'net.ssl.server.certfile': null,
  'net.ssl.server.keyfile': null,
  'net.ssl.client.check_hostname': false,
  'net.ssl.client.force_verify': false,
  'net.events.enable': 'auto',
  'net.debug.print.recv': false,
  'net.debug.print.send': false,
  'net.debug.print.connect': false,
  'net.debug.print.close': false,
  'net.registry.autosync': true,
  'net.registry.missingpacketaction': 'closeconnection',
}
const keys = Object.keys(documented) as SettingKey[]

describe('settings', () => {
  it('PG14 Every default config key has the documented value', () => {
    expect(Object.keys(knownSettings)).to.deep.equal(keys)
    for (const key of keys) expect(settings().get(key), key).to.equal(documented[key])
  })

  it('PG14 the options that the defaults come to are those that a server and a client have anyway', () => {
    const net = settings()
    expect(net.listen).to.deep.equal({ host: '0.0.0.0', port: 8080 })
    expect(net.url()).to.equal('ws://localhost:8080')
    expect(net.server).to.deep.equal({ compression: { threshold: 8192, level: 6 } })
    expect(net.client).to.deep.equal({ compression: { threshold: 8192 } })
    expect(net.messages).to.deep.equal({ autosync: true, missing: 'close' })
    expect(net.events).to.equal('auto')
  })

  it('PG14 override by constructor and by cfg: later layers win, missing keys fall back', () => {
    const shared: SettingLayer = { 'net.compress.threshold': 100, 'net.compress.level': 1, 'game.title': 'Chess' }
    const net = settings(shared, { 'net.compress.threshold': 200, 'net.compress.level': undefined })
    expect(net.server).to.deep.equal({ compression: { threshold: 200, level: 1 } })
    const later = net.with({ 'net.compress.enabled': false, 'net.registry.missingpacketaction': 'ignore' })
    expect([later.server.compression, later.client.compression]).to.deep.equal([false, false])
    expect(later.messages.missing).to.equal('ignore')
    // What it was made of is as before.
    expect(net.get('net.compress.enabled')).to.equal(true)
    expect(shared).to.deep.equal({ 'net.compress.threshold': 100, 'net.compress.level': 1, 'game.title': 'Chess' })
  })

  it('takes the whole address before host and port, and the port of its own where it names none', () => {
    const at = (layer: SettingLayer) => settings(layer).listen
    expect(at({ 'net.server.addr.host': 'localhost', 'net.server.addr.port': 80 })).to.deep.equal({
      host: 'localhost',
      port: 80,
    })
    expect(at({ 'net.server.addr': 'a.example', 'net.server.addr.port': 80 })).to.deep.equal({
      host: 'a.example',
      port: 80,
    })
    expect(at({ 'net.server.addr': ['::1', 90], 'net.server.addr.port': 80 })).to.deep.equal({ host: '::1', port: 90 })
    expect(settings({ 'net.client.addr': '[::1]' }).url('tcp')).to.equal('tcp://[::1]:8080')
    // The other side's address is no business of it.
    expect(settings({ 'net.client.addr': 'a.example:1' }).listen.port).to.equal(8080)
    // An empty address is one that cannot be used, not one that is missing.
    expect(() => at({ 'net.server.addr': '' })).to.throw(UsageError, 'names no host')
    expect(() => settings({ 'net.client.addr': 'a:b:c' }).url()).to.throw(UsageError, 'brackets')
  })

  it('refuses keys that there are not, and values that a key does not take', () => {
    for (const key of ['net.compres.enabled', 'net.', 'net.__proto__', 'net.server'])
      expect(() => settings({ [key]: true }), key).to.throw(UsageError, `no setting ${key}`)
    expect(() => settings().get('toString' as never)).to.throw(UsageError, 'no setting toString')
    for (const [key, value] of [
      ['net.compress.enabled', 'yes'],
      ['net.compress.threshold', -1],
      ['net.compress.threshold', '8192'],
      ['net.compress.level', 0],
      ['net.compress.level', 10],
      ['net.server.addr.port', 65_536],
      ['net.server.addr.port', null],
      ['net.server.addr.host', null],
      ['net.client.addr', 8080],
      ['net.events.enable', 'never'],
      ['net.registry.missingpacketaction', 'close'],
      ['net.ssl.cafile', 5],
    ] as const)
      expect(() => settings({ [key]: value }), `${key}: ${value}`).to.throw(UsageError, `The setting ${key} is`)
  })

  it('names what replaces a key that has no effect, and lets it have its default', () => {
    const others: Partial<Record<SettingKey, unknown>> = {
      'net.encrypt.enabled': true,
      'net.ssl.enabled': true,
      'net.ssl.force': false,
      'net.ssl.cafile': 'ca.pem',
      'net.ssl.server.force_verify': false,
      'net.ssl.server.certfile': 'cert.pem',
      'net.ssl.server.keyfile': 'key.pem',
      'net.ssl.client.check_hostname': true,
      'net.ssl.client.force_verify': true,
      'net.debug.print.recv': true,
      'net.debug.print.send': true,
      'net.debug.print.connect': true,
      'net.debug.print.close': true,
    }
    expect(keys.filter(key => knownSettings[key].isFixed)).to.have.members(Object.keys(others))
    for (const [key, value] of Object.entries(others))
      expect(() => settings({ [key]: value }), key).to.throw(UsageError, 'In its place: ')
    expect(() => settings(documented as SettingLayer)).to.not.throw()
  })

  it('gives options that a server and a client run with', async () => {
    const Say = defineMessage('say', { text: str(9) })
    const net = settings({ 'net.server.addr': '127.0.0.1:0', 'net.compress.threshold': 64 })
    const talk = messages([Say], net.messages)
    const server = createServer({ classes: [], messages: talk, transports: [websocket(net.listen)], ...net.server })
    const [url] = await server.start()
    const here = net.with({ 'net.client.addr': new URL(url!).host })
    const client = await connect(here.url(), { classes: [], messages: talk, ...here.client })
    const heard = new Promise<string>(resolve => {
      server.messages.on(Say, ({ text }) => resolve(text))
    })
    client.messages.send(Say, { text: 'hello' })
    expect(await heard).to.equal('hello')
    client.close()
    await server.stop()
  })
})

describe('docs/coming-from/peng3dnet.md', () => {
  const page = readFileSync('docs/coming-from/peng3dnet.md', 'utf8')

  it('PG14 lists every config key with its default and what it is here, and no other', () => {
    const rows = [...page.matchAll(/^\| `(net\.[\w.]+)` \| `([^|]+)` \| ([^|]+) \|/gm)]
    expect(rows.map(([, key]) => key)).to.deep.equal(keys)
    for (const [, key, preset, here] of rows) {
      const known = knownSettings[key as SettingKey]
      expect(preset, key).to.equal(JSON.stringify(known.preset))
      expect(here, key).to.equal(known.here)
    }
  })
})
