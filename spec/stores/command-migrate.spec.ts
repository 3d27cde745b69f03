/** `fieldcast store migrate`: what loading does object by object, for a whole world at once. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { Desk, everyUrl, placeOfEach } from './command-places.ts'

const imports = `import { field, Flags, networkClass, NetworkObject, type int16, type int32, type str } from 'fieldcast'\n`

const model = `${imports}
@networkClass(1, { version: 3, index: ['name'] })
export class Hero extends NetworkObject {
  static migrate(stored: Record<string, any[]>, version: number) {
    if (stored.setName?.[0] === 'bad luck') throw new Error('no bad luck')
    if (version < 2 && stored.position) stored.moveTo = [...stored.position, 0]
    delete stored.position
    return stored
  }
  @field(Flags.Broadcast | Flags.Database) moveTo(x: int16, y: int16, z: int16) {}
  @field(Flags.Broadcast | Flags.Database) setName(name: str<32>) {}
  @field(Flags.OwnerOnly | Flags.Database, { was: 'setGold' }) setCoins(coins: int32) {}
  @field(Flags.Broadcast | Flags.Database) follow(leader: Hero | null) {}
  @field(Flags.Broadcast | Flags.RAM) feel(mood: str<8>) {}
}

@networkClass(2)
export class Chest extends NetworkObject {
  @field(Flags.Broadcast | Flags.Database) fill(items: str<8>[]) {}
}
`

const hero = (n: number, format: number, fields: object, more: Partial<StoredRow> = {}): StoredRow =>
  row(n, { class: 'Hero', version: 50, format, zone: 7, owner: 'ann', fields: JSON.stringify(fields), ...more })

describe('fieldcast store migrate', function () {
  this.timeout(60_000)
  let desk: Desk

  beforeEach(() => {
    desk = new Desk()
    mkdirSync(desk.path('node_modules'))
    symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), desk.path('node_modules/fieldcast'), 'dir')
    writeFileSync(desk.path('package.json'), '{ "type": "module" }')
    writeFileSync(desk.path('tsconfig.json'), '{ "compilerOptions": { "module": "nodenext" } }')
    writeFileSync(desk.path('model.ts'), model)
  })
  afterEach(() => desk.remove())

  const migrate = (...more: readonly string[]) => desk.run('migrate', 'world', '--classes', 'model.ts', ...more)
  const rowOf = async (n: number, url = 'world'): Promise<StoredRow> =>
    (await desk.rows(url)).find(({ id }) => id === idOf(n)) as StoredRow

  for (const places of everyUrl())
    describe(`with ${places.kind}`, () => {
      const place = placeOfEach(places)

      it('brings rows of older versions up to date, and no others', async () => {
        const old = numbers(120).map(n => hero(n, 1 + (n % 2), { position: [n, 2], setName: [`h${n}`], setGold: [n] }))
        const today = hero(500, 3, { moveTo: [1, 2, 3] })
        await desk.fill(place.url, [...old, today, row(501, { class: 'Ship', format: 1 })])
        const run = await desk.run('migrate', place.url, '--classes', './model.ts')
        expect([run.code, run.err, run.out]).to.deep.equal([
          1,
          '',
          `Hero, version 3: 121 objects, 120 brought up to date.
Chest, version 1: 0 objects, 0 brought up to date.
1 object of Ship: no file exports that class.
`,
        ])
        const { fields, ...rest } = await rowOf(8, place.url)
        expect(rest).to.deep.equal({
          id: idOf(8),
          class: 'Hero',
          version: 51,
          format: 3,
          owner: 'ann',
          zone: 7,
          keys: { name: '"h8"' },
        })
        expect(JSON.parse(fields)).to.deep.equal({ moveTo: [8, 2, 0], setName: ['h8'], setCoins: [8] })
        expect(JSON.parse((await rowOf(9, place.url)).fields)).to.deep.equal({ setName: ['h9'], setCoins: [9] })
        expect(await rowOf(500, place.url)).to.deep.equal(today)
        expect(await rowOf(501, place.url)).to.include({ class: 'Ship', version: 1 })
        const again = await desk.run('migrate', place.url, '--classes', 'model.ts')
        expect(again.out).to.include('Hero, version 3: 121 objects, 0 brought up to date.')
        await desk.using(place.url, async store => {
          const { rows } = await store.query({ class: 'Hero', key: { name: 'name', value: '"h8"' }, limit: 10 })
          expect(rows.map(({ id }) => id)).to.deep.equal([idOf(8)])
        })
      })
    })

  it('says nothing of accounts, which are of no class of the game', async () => {
    await desk.fill('world', [hero(1, 3, {}), row(2, { class: 'fieldcast:account' })])
    const { code, out } = await migrate()
    expect(code).to.equal(0)
    expect(out).to.not.include('account')
  })

  it('changes nothing in a dry run', async () => {
    const rows = [hero(1, 1, { position: [1, 2] }), hero(2, 3, { moveTo: [1, 2, 3] }), hero(3, 2, { moveTo: [1] })]
    await desk.fill('world', rows)
    const before = await desk.rows('world')
    const { code, out, err } = await migrate('--dry-run')
    expect([code, out.split('\n')[0]]).to.deep.equal([
      1,
      'Hero, version 3: 3 objects, 1 would be brought up to date, 1 left as it is.',
    ])
    expect(err).to.include(idOf(3))
    expect(await desk.rows('world')).to.deep.equal(before)
  })

  it('names each row that does not fit, and leaves it', async () => {
    const bad: [StoredRow, RegExp][] = [
      [hero(1, 1, { position: [1, 2], setName: ['bad luck'] }), /Hero\.migrate failed.*no bad luck/],
      [hero(2, 1, { position: [1, 99_999] }), /moveTo: y: expected int16, got 99999/],
      [hero(3, 2, { moveTo: [1, 2] }), /moveTo: /],
      [hero(4, 3, { setName: [7] }), /setName: name: expected .*, got 7/],
      [hero(5, 2, { setName: 'ann' }), /setName: expected a list of arguments/],
      [hero(6, 4, { setName: ['ann'] }), /version 4 of Hero/],
      [hero(7, 1, {}, { fields: '[]' }), /no JSON object/],
      [hero(8, 1, { lost: [{ $date: 'yesterday' }] }), /lost: /],
      [row(9, { class: 'Chest', fields: '{"fill":[["a","far too long"]]}' }), /fill: items\[1\]: /],
    ]
    const good = [hero(21, 1, { setName: ['ann'] }), row(22, { class: 'Chest', fields: '{"fill":[["a"]]}' })]
    await desk.fill('world', [...bad.map(([each]) => each), ...good])
    await desk.fill('world', [hero(10, 1, {})])
    await desk.damage('world', idOf(10))
    const { code, out, err } = await migrate()
    expect(code).to.equal(1)
    expect(err).to.match(new RegExp(`^${idOf(10)}: it cannot be read`, 'm'))
    expect(out).to.include('1 object cannot be read, and stays as it is.')
    expect(out).to.match(/^Hero, version 3: \d+ objects, 1 brought up to date, \d+ left as they are\.$/m)
    expect(out).to.include('Chest, version 1: 2 objects, 0 brought up to date, 1 left as it is.')
    for (const [n, [each, says]] of bad.entries()) {
      expect(err).to.match(new RegExp(`^(Hero|Chest) ${each.id}: .*${says.source}`, 'm'))
      expect(await rowOf(n + 1)).to.deep.equal(each)
    }
    expect((await rowOf(21)).format).to.equal(3)
  })

  it('keeps what the class has no field for, and references to what is not loaded', async () => {
    const leader = { $object: idOf(2) }
    await desk.fill('world', [
      hero(1, 1, { follow: [leader], feel: ['fine'], tame: [{ $map: [['a', { $bigint: '7' }]] }], position: [1, 2] }),
      hero(2, 1, { follow: [null], tame: [1] }),
    ])
    const { code, out } = await migrate()
    expect(code).to.equal(0)
    expect(out).to.include('  2 objects keep a value of tame, which is no Database field of Hero.')
    expect(out).to.include('  1 object keeps a value of feel, which is no Database field of Hero.')
    expect(JSON.parse((await rowOf(1)).fields)).to.deep.equal({
      moveTo: [1, 2, 0],
      follow: [leader],
      feel: ['fine'],
      tame: [{ $map: [['a', { $bigint: '7' }]] }],
    })
    expect(JSON.parse((await rowOf(2)).fields)).to.deep.equal({ follow: [null], tame: [1] })
  })

  it('puts rows under indexes and names that are newer than they', async () => {
    await desk.fill('world', [
      hero(1, 3, { setName: ['ann'] }),
      hero(2, 3, { setName: ['bob'] }, { keys: { name: '"bob"' } }),
      hero(3, 3, { setGold: [7] }, { keys: { colour: '"red"' } }),
    ])
    const { code, out } = await migrate()
    expect([code, out.split('\n')[0]]).to.deep.equal([0, 'Hero, version 3: 3 objects, 2 brought up to date.'])
    expect(await rowOf(1)).to.deep.include({ version: 51, keys: { name: '"ann"' } })
    expect(await rowOf(2)).to.include({ version: 50 })
    expect(await rowOf(3)).to.deep.include({ version: 51, keys: {}, fields: '{"setCoins":[7]}' })
  })

  it('takes the class that the server makes of the shared one, from several files, also JavaScript', async () => {
    writeFileSync(desk.path('model.ts'), model.replace('static migrate', 'static unused'))
    writeFileSync(
      desk.path('server-classes.ts'),
      `import { Hero } from './model.ts'
export class ServerHero extends Hero {
  static migrate() { return { setName: ['of the server'] } }
}
export { Hero }
`,
    )
    writeFileSync(
      desk.path('more.js'),
      `export { Chest } from './model.ts'\nexport const other = 1\nexport default () => {}\n`,
    )
    await desk.fill('world', [hero(1, 1, { setName: ['ann'] }), row(2, { class: 'Chest', fields: '{"fill":[[]]}' })])
    const run = await desk.run('migrate', 'world', '--classes', 'server-classes.ts', '--classes', 'more.js')
    expect([run.code, run.err]).to.deep.equal([0, ''])
    expect(run.out)
      .to.include('Hero, version 3: 1 object, 1 brought up to date.')
      .and.include('Chest, version 1: 1 object')
    expect((await rowOf(1)).fields).to.equal('{"setName":["of the server"]}')
  })

  it('says what is wrong with the files of classes', async () => {
    await desk.fill('world', [hero(1, 1, { setName: ['ann'] })])
    const files = {
      'data.json': '{}',
      'empty.ts': 'export const x = 1\n',
      'broken.ts': 'export const = 1\n',
      'throws.ts': `throw new Error('the sky falls')\n`,
      'two.ts': `import { Hero } from './model.ts'\nexport class A extends Hero {}\nexport class B extends Hero {}\n`,
      'apart.ts': `${imports}import { Hero } from './model.ts'\n@networkClass(7)\nexport class Party extends NetworkObject {\n  @field(Flags.Broadcast | Flags.Database) lead(by: Hero) {}\n}\n`,
      'index.ts': `${imports}@networkClass(7, { index: ['colour'] })\nexport class Flag extends NetworkObject {}\n`,
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(desk.path(name), text)
    for (const [name, says] of [
      ['none.ts', /^There is no file none\.ts/],
      ['data.json', /^data\.json is no file of TypeScript or JavaScript: --classes names /],
      ['empty.ts', /empty\.ts exports no class that bears @networkClass/],
      ['broken.ts', /broken\.ts cannot be loaded: /],
      ['throws.ts', /throws\.ts cannot be loaded: the sky falls/],
      ['two.ts', /A and B are both made of the class Hero/],
      ['index.ts', /Flag names the index 'colour'/],
      ['apart.ts', /Hero.*Name the files of all classes/],
    ] as const) {
      const { code, out, err } = await desk.run('migrate', 'world', '--classes', name)
      expect(err, name)
        .to.match(says)
        .and.not.match(/^ +at /m)
      expect([code, out], name).to.deep.equal([1, ''])
    }
    expect((await rowOf(1)).format).to.equal(1)
  })
})
