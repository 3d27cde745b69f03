/** `fieldcast store`: its command line, and what `inspect` shows. */
import { existsSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { accounts } from '../../lib/stores/accounts.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { Desk, everyUrl, placeOfEach } from './command-places.ts'

describe('fieldcast store', function () {
  this.timeout(60_000)
  let desk: Desk

  beforeEach(() => {
    desk = new Desk()
  })
  afterEach(() => desk.remove())

  it('says what it can do', async () => {
    const { code, out, err } = await desk.run('--help')
    expect([code, err]).to.deep.equal([0, ''])
    for (const command of ['inspect', 'export', 'import', 'migrate', 'copy'])
      expect(out).to.match(new RegExp(`^  ${command} <`, 'm'))
    expect((await desk.run('import', '--help')).out).to.equal(out)
  })

  for (const [args, says] of [
    [[], /needs a command/],
    [['exprot', 'world'], /no command exprot\. Is it export that you mean\?/],
    [['constructor', 'world'], /no command constructor\.\n/],
    [['inspect'], /a word too few: fieldcast store inspect <url>/],
    [['inspect', 'world', 'Hero', 'more'], /a word too many/],
    [
      ['inspect', 'world', '--limt', '3'],
      /^fieldcast store inspect has no option --limt\. Is it --limit that you mean\?\nfieldcast store --help tells more\.\n$/,
    ],
    [['inspect', 'world', '--overwrite'], /^fieldcast store inspect has no option --overwrite\.\n.*\n$/],
    [['inspect', 'world', '--limit'], /^Option '--limit <value>' .*\n.*\n$/],
    [['inspect', 'postgres://ann:s3cret@host/game?shema=w'], /\?shema is no option; did you mean \?schema/],
    [['inspect', 'world', '--limit', 'all'], /--limit is a whole number above 0, not all/],
    [['inspect', 'world', '--limit', '0'], /--limit/],
    [['copy', 'world'], /a word too few/],
    [['copy', 'world', './world'], /same store/],
    [['copy', 'world', 'lmdb:world'], /same store/],
    [['inspect', 'redis://ann:s3cret@host/0'], /no store for redis: urls/],
    [['inspect', 'memory:'], /ends with its process/],
    [['migrate', 'world'], /--classes/],
  ] as const)
    it(`refuses: ${args.join(' ')}`, async () => {
      const { code, out, err } = await desk.run(...args)
      expect(err).to.match(says).and.not.include('s3cret')
      expect([code, out]).to.deep.equal([2, ''])
    })

  for (const args of [
    ['inspect', 'wrold'],
    ['export', 'wrold'],
    ['migrate', 'wrold', '--classes', 'model.ts'],
    ['copy', 'wrold', 'world'],
  ])
    it(`makes no world of a mistyped path: ${args[0]}`, async () => {
      const { code, err } = await desk.run(...args)
      expect([code, err]).to.deep.equal([1, 'There is no world in wrold.\n'])
      expect(existsSync(desk.path('wrold')) || existsSync(desk.path('world'))).to.equal(false)
    })

  for (const places of everyUrl())
    describe(`with ${places.kind}`, () => {
      const place = placeOfEach(places)

      it('makes no world where it only reads', async () => {
        writeFileSync(desk.path('model.js'), '')
        for (let n = 0; n < 2; n++)
          for (const args of [
            ['inspect', place.url],
            ['inspect', place.url, idOf(1)],
            ['export', place.url],
            ['migrate', place.url, '--classes', 'model.js'],
            ['copy', place.url, 'world'],
          ]) {
            const { code, out, err } = await desk.run(...args)
            expect([code, out], args[0]).to.deep.equal([1, ''])
            expect(err, args[0]).to.match(/^There is no world in .*(world|, schema spec_\w+|, prefix \w+_)\.\n$/)
          }
        expect(existsSync(desk.path('world'))).to.equal(false)
        await desk.fill(place.url, [])
        const { code, out } = await desk.run('inspect', place.url)
        expect([code, out]).to.satisfy(([code, out]: [number, string]) => code === 0 && out.endsWith(': 0 objects.\n'))
      })
    })

  it('says who has the world, while a server does', async () => {
    await desk.fill('world', [row(1)])
    await desk.using('world', async () => {
      for (const args of [
        ['inspect', 'world'],
        ['export', 'world'],
        ['import', 'world'],
        ['copy', 'world', 'other'],
      ]) {
        const { code, err } = await desk.run(...args)
        expect(err, args.join(' ')).to.match(
          new RegExp(`open: process ${process.pid}.*\n.*top that server|process ${process.pid}.*top that server`),
        )
        expect(code).to.equal(1)
      }
    })
    expect((await desk.run('inspect', 'world')).code).to.equal(0)
  })

  it('says which server does not answer, and no password', async () => {
    const { code, err } = await desk.run('inspect', 'postgres://ann:s3cret@127.0.0.1:1/game')
    expect(code).to.equal(1)
    expect(err)
      .to.include('127.0.0.1:1')
      .and.not.include('s3cret')
      .and.not.match(/^ +at /m)
  })

  describe('inspect', () => {
    it('counts the objects of each class, their versions and owners', async () => {
      await desk.fill('world', [
        ...numbers(1200).map(n => row(n, { format: n < 200 ? 1 : 2, owner: n < 50 ? `p${n % 5}` : null })),
        ...numbers(3).map(n => row(5000 + n, { class: 'Chest', owner: 'p1' })),
      ])
      const { code, out, err } = await desk.run('inspect', 'world')
      expect([code, err]).to.deep.equal([0, ''])
      expect(out.trimEnd().split('\n')).to.deep.equal([
        'lmdb world: 1,203 objects.',
        '',
        'class   objects  version of class  owned  owners   fields',
        'Chest         3  1                     3       1     57 B',
        'Player    1,200  1: 200, 2: 1,000     50       5  21.7 kB',
      ])
    })

    it('says so of an empty world', async () => {
      await desk.fill('world', [])
      expect(await desk.run('inspect', 'world')).to.deep.equal({ code: 0, out: 'lmdb world: 0 objects.\n', err: '' })
    })

    it('shows one object', async () => {
      const fields = '{"moveTo":[3,-4],"say":["h\\u001b[31mi\\n"],"bag":[{"$map":[["a",1]]},null],"reset":[]}'
      await desk.fill('world', [
        row(1, { owner: 'ann', zone: 7, format: 2, version: 9, keys: { name: '"ann"' }, fields }),
      ])
      const { code, out } = await desk.run('inspect', 'lmdb:./world', idOf(1).toUpperCase())
      expect(code).to.equal(0)
      expect(out.trimEnd().split('\n')).to.deep.equal(
        [
          `Player ${idOf(1)}`,
          '  written  by version 2 of the class, as version 9 of the object',
          '  owner    ann',
          '  zone     7',
          '  index    name: "ann"',
          '  fields',
          '    moveTo  3, -4',
          '    say     "h\\u001b[31mi\\n"',
          '    bag     {"$map":[["a",1]]}, null',
          '    reset   ',
        ].map(line => line.trimEnd()),
      )
      const none = await desk.run('inspect', 'world', idOf(2))
      expect([none.code, none.err]).to.deep.equal([1, `There is no object ${idOf(2)} in lmdb world.\n`])
    })

    it('shows some objects of a class', async () => {
      await desk.fill(
        'world',
        numbers(30).map(n => row(n, { owner: n === 0 ? 'ann' : null, zone: n === 0 ? null : 3 })),
      )
      const twenty = await desk.run('inspect', 'world', 'Player')
      expect(twenty.code).to.equal(0)
      expect(twenty.out.trimEnd().split('\n')).to.have.length(20)
      expect(twenty.err).to.include('more than these 20')
      const all = await desk.run('inspect', 'world', 'Player', '--limit', '30')
      expect(all.err).to.equal('')
      expect(all.out).to.include(`${idOf(0)}  owner ann, no zone  moveTo(0, 0)\n`)
      expect(all.out).to.include(`${idOf(7)}  zone 3  moveTo(7, 0)\n`)
      const none = await desk.run('inspect', 'world', 'Palyer')
      expect([none.code, none.out]).to.deep.equal([1, ''])
      expect(none.err).to.include('no object of a class Palyer')
    })

    it('shows no hash of a password, and nothing that commands the terminal', async () => {
      const evil = '\u001b]0;title\u0007\u009b31m\u202e'
      await desk.using('world', async store => {
        const players = accounts(store, { scrypt: { N: 2, r: 1, p: 1 } })
        await players.register('ann', 'correct horse')
        await store.commit({
          put: [
            row(1, { class: evil, owner: evil, keys: { [evil]: evil }, fields: JSON.stringify({ [evil]: [evil] }) }),
          ],
        })
      })
      const account = (await desk.rows('world')).find(each => 'class' in each && each.class === 'fieldcast:account')!
      const outputs = [
        await desk.run('inspect', 'world'),
        await desk.run('inspect', 'world', account.id),
        await desk.run('inspect', 'world', 'fieldcast:account'),
        await desk.run('inspect', 'world', idOf(1)),
        await desk.run('inspect', 'world', evil),
      ].map(({ out }) => out)
      expect(outputs[1]).to.include('"ann"')
      for (const out of outputs) {
        expect(out).to.not.equal('')
        expect(out).to.not.include('$scrypt$')
        expect(out).to.match(/^[\x20-\x7e\n]*$/)
      }
    })

    it('names what cannot be read', async () => {
      await desk.fill(
        'world',
        numbers(5).map(n => row(n)),
      )
      await desk.damage('world', idOf(2), idOf(4))
      const all = await desk.run('inspect', 'world')
      expect(all.code).to.equal(1)
      expect(all.out).to.include('2 objects cannot be read:')
      for (const n of [2, 4]) expect(all.out).to.match(new RegExp(`^  ${idOf(n)}  \\w`, 'm'))
      expect(all.out).to.match(/^Player +3 /m)
      const one = await desk.run('inspect', 'world', idOf(2))
      expect(one.code).to.equal(1)
      expect(one.out).to.include(`${idOf(2)} cannot be read: `)
    })
  })
})
