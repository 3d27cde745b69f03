/** The lock file: what a change of the classes does to clients that were built before, said before it is done. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Project } from './project.ts'
import { game, header, type Outcome, schemaCommand } from './schema-game.ts'

const player = `
@networkClass(10)
export class Player extends NetworkObject {
  @field(Flags.OwnerSend | Flags.Broadcast)
  moveTo(x: int16, y: int16) {}

  @field(Flags.OwnerSend)
  async buy(item: str<32>): Promise<bool> { return true }

  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<16>) {}
}
`
const gem = `
@networkClass(11)
export class Gem extends NetworkObject {
  @field(Flags.ClientSend)
  take(by: Player) {}
}
`

describe('fieldcast schema --check', function () {
  this.timeout(60_000)
  let project: Project
  const file = 'fieldcast.schema.json'
  const write = (text: string): void => project.write('model.ts', header + text)
  const run = (...args: string[]): Promise<Outcome> => schemaCommand(project.root, ...args)
  const lock = (): string => readFileSync(project.path(file), 'utf8')

  beforeEach(async () => {
    project = game({ 'model.ts': header + player + gem })
    expect((await run('--write')).code).to.equal(0)
  })
  afterEach(() => project.remove())

  it('is held against a file that has one field a line and the same bytes each time', async () => {
    const { hash } = JSON.parse(lock())
    expect(lock()).to.equal(`{
  "format": 1,
  "hash": "${hash}",
  "classes": [
    {
      "id": 10,
      "name": "Player",
      "fields": [
        { "id": 0, "name": "buy", "flags": ["OwnerSend"], "params": [["item", ["str", 32]]], "result": "bool" },
        { "id": 1, "name": "moveTo", "flags": ["OwnerSend", "Broadcast"], "params": [["x", "int16"], ["y", "int16"]] },
        { "id": 2, "name": "setName", "flags": ["Broadcast", "Database"], "params": [["name", ["str", 16]]] }
      ]
    },
    {
      "id": 11,
      "name": "Gem",
      "fields": [
        { "id": 0, "name": "take", "flags": ["ClientSend"], "params": [["by", ["ref", 10]]] }
      ]
    }
  ]
}
`)
    const before = lock()
    write(gem + player)
    const { err } = await run('--write')
    expect(err).to.equal(`${file} is up to date: 2 classes, 4 fields, hash ${hash}.\n`)
    expect(lock()).to.equal(before)
  })

  it('passes where nothing changed, however a formatter or a checkout left the file', async () => {
    const { hash } = JSON.parse(lock())
    writeFileSync(project.path(file), JSON.stringify(JSON.parse(lock()), null, 8).replaceAll('\n', '\r\n'))
    const { code, out } = await run('--check')
    expect(code).to.equal(0)
    expect(out).to.equal(`unchanged since ${file}: 2 classes, 4 fields, hash ${hash}\n`)
  })

  it('passes with a note where only names changed that do not travel, and says nothing of docs and places', async () => {
    project.remove()
    project = game({ 'old.ts': header + player + gem })
    await run('--write')
    const renamed = player.replace('x: int16, y: int16', 'east: int16, y: int16').replaceAll('Player', 'Hero')
    project.write('old.ts', '')
    project.write('new.ts', `${header}/** Documented. */${renamed}${gem.replace('Player', 'Hero')}`)
    const { code, out } = await run('--check')
    expect(code).to.equal(0)
    expect(
      out,
    ).to.equal(`compatible: clients that were built before still connect. Only names that do not travel differ from ${file}:
  Player (class 10) is called Hero now
  Hero.moveTo: locked (x: int16, y: int16), now (east: int16, y: int16)
Where that is meant: fieldcast schema --write, and commit ${file}.
`)
  })

  it('fails for types, flags, fields and classes that differ, and says what follows', async () => {
    write(
      player
        .replace('x: int16', 'x: int32')
        .replace('Promise<bool>', 'Promise<void>')
        .replace(
          '@field(Flags.OwnerSend | Flags.Broadcast)',
          '@field(Flags.OwnerSend)\n  dance(steps?: uint8) {}\n@field([Flags.OwnerSend, Flags.RAM] as any)',
        )
        .replace('name: str<16>', 'name: str<20>') + gem.replaceAll('Gem', 'Stone').replace('11', '12'),
    )
    const { code, out } = await run('--check')
    expect(code).to.equal(1)
    expect(out).to.equal(`breaks these, compared with ${file}:
  Stone (class 12) is new
  Gem (class 11) is gone
  Player.dance(steps?: uint8) is new
  Player.buy: locked (item: str<32>): Promise<bool>, now (item: str<32>): Promise<void>
  Player.moveTo: locked flags OwnerSend | Broadcast, now OwnerSend | RAM
  Player.moveTo: locked (x: int16, y: int16), now (x: int32, y: int16)
  Player.setName: locked (name: str<16>), now (name: str<20>)
  Player: fields renumbered: moveTo 1 → 2, setName 2 → 3
Clients that were built before are refused (schema-mismatch) until they are built anew.
What Database fields hold was stored in the old form:
  Player.setName was field 2, and is 3 now. This keeps the number: @field(flags, { id: 2 }).
  Player.setName: locked (name: str<16>), now (name: str<20>).
Where that is meant: fieldcast schema --write, and commit ${file}.
`)
    expect((await run('--write')).code).to.equal(0)
    expect((await run('--check')).out).to.match(/^unchanged/)
  })

  it('says how a renamed field keeps its number, and that a pin which does so is no renumbering', async () => {
    write(player.replace('setName', 'callMe') + gem)
    const { out } = await run('--check')
    expect(out).to.contain('  Player.callMe(name: str<16>) is new\n  Player.setName(name: str<16>) is gone\n')
    expect(out).to.contain('Player: fields renumbered: moveTo 1 → 2\n')
    expect(out).to.contain(
      '  Player.setName was field 2, and is gone. A field that carries on with its values keeps the number: @field(flags, { id: 2 }).\n',
    )
    write(player.replace('Database)\n  setName', 'Database, { id: 2 })\n  callMe') + gem)
    expect((await run('--check')).out).not.to.contain('renumbered')
  })

  it('knows a class again whose id changed, and what refers to it', async () => {
    write(player.replace('networkClass(10)', 'networkClass(20)') + gem)
    const { code, out } = await run('--check')
    expect(code).to.equal(1)
    expect(out).to.contain('  Player: locked as class 10, now class 20\n')
    expect(out).to.contain('  Gem.take: (by: Player) names a class whose id has changed\n')
    expect(out).to.contain('  Player was class 10, and is class 20 now.\n')
  })

  it('says that a field which was kept in the database is not kept any more', async () => {
    write(player.replace(' | Flags.Database', '') + gem)
    expect((await run('--check')).out).to.contain('  Player.setName is not kept in the database any more.\n')
  })

  it('gives the verdict as JSON as well', async () => {
    const before = JSON.parse(lock()).hash
    write(player)
    const { code, out } = await run('--check', '--json')
    expect(code).to.equal(1)
    const { hash, ...others } = JSON.parse(out)
    expect(hash)
      .to.match(/^[0-9a-f]{16}$/)
      .and.not.equal(before)
    expect(others).to.deep.equal({
      verdict: 'breaks',
      differences: ['Gem (class 11) is gone'],
      stored: [],
      locked: before,
    })
  })

  it('takes another file where --lock says so', async () => {
    const written = await run('--write', '--lock', 'locks/a.json')
    expect(written.code).to.equal(1)
    expect(written.err).to.contain('locks/a.json cannot be written: ')
    expect((await run('--write', '--lock', 'b.json')).code).to.equal(0)
    write(player)
    expect((await run('--check', '--lock', 'b.json')).out).to.contain('compared with b.json:\n')
  })

  it('survives text of every kind in literals', async () => {
    write(
      '@networkClass(1) export class A extends NetworkObject { @field(0) m(a: "[ ]" | "{ \\n }" | "<<<<<<< x" | "\u2028") {} }',
    )
    await run('--write')
    expect((await run('--check')).out).to.match(/^unchanged/)
  })

  for (const [what, change, message] of [
    [
      'no file',
      () => null,
      'There is no fieldcast.schema.json to compare with. Write it, and commit it: fieldcast schema --write.',
    ],
    ['no JSON', () => '{ "format": 1,', 'fieldcast.schema.json is no JSON: '],
    ['an empty file', () => '', 'is no JSON: '],
    ['other JSON', () => '[null]', 'is no lock file of fieldcast. Write it anew: fieldcast schema --write.'],
    ['null', () => 'null', 'is no lock file of fieldcast.'],
    [
      'a newer format',
      (text: string) => text.replace('"format": 1', '"format": 2'),
      'was written by a newer fieldcast: its format is 2, and this one knows 1. Update fieldcast.',
    ],
    [
      'the marks of a merge conflict',
      (text: string) => text.replace('  "hash"', '<<<<<<< HEAD\n  "hash": "1",\n=======\n  "hash"'),
      'holds the marks of a merge conflict.',
    ],
    [
      'a change by hand',
      (text: string) => text.replace('"int16"', '"int32"'),
      'was changed by hand, or merged line by line: its hash does not fit the rest.',
    ],
    ['a flag that nobody knows', (text: string) => text.replace('"ClientSend"', '"PeerSend"'), 'is damaged: '],
    ['missing parts', (text: string) => text.replace('"params"', '"parameters"'), 'is damaged: '],
  ] as const)
    it(`fails with a word for it where it finds ${what}`, async () => {
      const text = change(lock())
      if (text === null) {
        project.remove()
        project = game({ 'model.ts': header + player })
      } else writeFileSync(project.path(file), text)
      const { code, err } = await run('--check')
      expect(code).to.equal(1)
      expect(err).to.contain(message)
      expect(err).not.to.contain('    at ')
    })

  it('writes over what is damaged, and not over what a newer fieldcast wrote', async () => {
    const good = lock()
    writeFileSync(project.path(file), '<<<<<<< HEAD')
    expect((await run('--write')).code).to.equal(0)
    expect(lock()).to.equal(good)
    writeFileSync(project.path(file), '{ "format": 2 }')
    const { code, err } = await run('--write')
    expect(code).to.equal(1)
    expect(err).to.contain('written by a newer fieldcast')
    expect(lock()).to.equal('{ "format": 2 }')
  })
})
