/** `fieldcast store export` and `import`: what comes out goes in again, to the letter, and nothing is lost in silence. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { firstLine, lastLine, lineOf } from '../../lib/stores/command/dump.ts'
import type { StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { Desk, oddRows, storeCommand } from './command-places.ts'

const main = fileURLToPath(new URL('../../dist/decorators/transformer/command/main.js', import.meta.url))

const plainRows = numbers(300).map(n => row(100 + n, { zone: n % 3, owner: n % 2 ? 'ann' : null, version: 7 + n }))
const sorted = (rows: readonly StoredRow[]): StoredRow[] => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))

describe('fieldcast store export and import', function () {
  this.timeout(60_000)
  let desk: Desk

  beforeEach(() => {
    desk = new Desk()
  })
  afterEach(() => desk.remove())

  const dump = (name = 'dump.jsonl'): string => readFileSync(desk.path(name), 'utf8')
  const imported = (...dumped: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
    storeCommand(desk.root, ['import', 'copy'], { input: dumped.join('') })

  it('carry every row as it is', async () => {
    await desk.fill('world', [...oddRows, ...plainRows])
    const out = await desk.run('export', 'world', 'dump.jsonl')
    expect(out).to.deep.equal({ code: 0, out: '', err: '310 objects exported from lmdb world to dump.jsonl.\n' })
    expect(existsSync(desk.path('dump.jsonl.partial'))).to.equal(false)
    // It may hold the hashes of passwords.
    if (process.platform !== 'win32') expect(statSync(desk.path('dump.jsonl')).mode & 0o777).to.equal(0o600)
    for (const line of dump().trimEnd().split('\n')) expect(JSON.parse(line)).to.be.an('object')

    const back = await desk.run('import', 'copy', 'dump.jsonl')
    expect(back).to.deep.equal({
      code: 0,
      out: '310 objects in the file: 310 new, 0 equal to what is there.\n',
      err: '',
    })
    expect(await desk.rows('copy')).to.deep.equal(sorted([...oddRows, ...plainRows]))
    const again = await desk.run('import', 'copy', 'dump.jsonl')
    expect([again.code, again.out]).to.deep.equal([0, '310 objects in the file: 0 new, 310 equal to what is there.\n'])
    expect(await desk.rows('copy')).to.deep.equal(await desk.rows('world'))
  })

  it('go through pipes', async () => {
    await desk.fill('world', plainRows)
    const { out, err, code } = await desk.run('export', 'world')
    expect([code, err]).to.deep.equal([0, '300 objects exported from lmdb world.\n'])
    expect((await imported(out)).code).to.equal(0)
    expect(await desk.rows('copy')).to.deep.equal(sorted(plainRows))
  })

  it('write rows that people and other tools can read, and read what they write', async () => {
    await desk.fill('world', [row(1, { owner: 'ann', keys: { name: '"ann"' } })])
    const [first, second, last, ...more] = (await desk.run('export', 'world')).out.trimEnd().split('\n')
    expect(more).to.deep.equal([])
    expect(JSON.parse(first!)).to.include({ fieldcast: 'store', form: 1, from: 'lmdb world' })
    expect(JSON.parse(last!)).to.deep.equal({ end: true, rows: 1, damaged: 0 })
    const parts = JSON.parse(second!)
    expect(parts).to.deep.equal({ ...row(1, { owner: 'ann', keys: { name: '"ann"' } }), fields: { moveTo: [1, 0] } })
    // In another order, with spaces and ends of lines of another system, without first and last line.
    const { id, fields, ...rest } = parts
    const { code } = await imported(
      '\r\n',
      JSON.stringify({ fields, note: 'mine', ...rest, id }, null, 1).replaceAll('\n', ' '),
      '\r\n',
    )
    expect(code).to.equal(0)
    expect(await desk.rows('copy')).to.deep.equal(await desk.rows('world'))
  })

  it('overwrite nothing that differs, unless they are told to', async () => {
    const there = [row(1, { version: 5 }), row(2, { version: 5 }), row(3, { version: 5 }), row(4, { version: 5 })]
    const given = [
      row(1, { version: 6, zone: 1 }),
      row(2, { version: 4, zone: 2 }),
      row(3, { version: 5, zone: 3 }),
      row(4, { version: 3 }),
      row(5, { version: 1 }),
    ]
    await desk.fill('world', there)
    await desk.fill('given', given)
    await desk.run('export', 'given', 'dump.jsonl')
    const kept = await desk.run('import', 'world', 'dump.jsonl')
    expect(kept.out).to.equal(
      `5 objects in the file: 1 new, 1 equal to what is there, 3 that differ from what is there (1 newer, 1 older, 1 of the same version).
Those that differ were left as they are in the store. --overwrite replaces them by those of the file, newer ones too.
`,
    )
    expect(kept.code).to.equal(1)
    expect(await desk.rows('world')).to.deep.equal(sorted([...there, given[4]!]))

    const replaced = await desk.run('import', 'world', 'dump.jsonl', '--overwrite')
    expect(replaced.code).to.equal(0)
    expect(replaced.out).to.include('3 that differ').and.include('Those that differed are now as in the file.')
    expect(await desk.rows('world')).to.deep.equal(
      sorted([given[0]!, { ...given[1]!, version: 6 }, { ...given[2]!, version: 6 }, there[3]!, given[4]!]),
    )
  })

  it('let a file stand, unless they are told not to', async () => {
    await desk.fill('world', [row(1)])
    writeFileSync(desk.path('dump.jsonl'), 'yesterday')
    const refused = await desk.run('export', 'world', 'dump.jsonl')
    expect([refused.code, dump()]).to.deep.equal([1, 'yesterday'])
    expect(refused.err).to.include('--overwrite')
    expect((await desk.run('export', 'world', 'dump.jsonl', '--overwrite')).code).to.equal(0)
    expect(dump()).to.include(idOf(1))
    const nowhere = await desk.run('export', 'world', 'no/such/folder/dump.jsonl')
    expect([nowhere.code, nowhere.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && /cannot be written: ENOENT/.test(err) && !/^ +at /m.test(err),
    )
    const nothing = await desk.run('import', 'world', 'none.jsonl')
    expect([nothing.code, nothing.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && err === 'There is no file none.jsonl.\n',
    )
    const folder = await desk.run('import', 'world', '.')
    expect([folder.code, folder.err]).to.deep.equal([1, '. is a folder; name the file that export has written.\n'])
  })

  it('bring back what was deleted a moment ago', async () => {
    await desk.fill('world', [row(1, { version: 3 }), row(2)])
    await desk.run('export', 'world', 'dump.jsonl')
    await desk.using('world', store => store.commit({ put: [], del: [{ id: idOf(1), version: Date.now() }] }))
    const { code, out } = await desk.run('import', 'world', 'dump.jsonl')
    expect([code, out]).to.deep.equal([0, '2 objects in the file: 1 new, 1 equal to what is there.\n'])
    const [back] = (await desk.rows('world')).filter(({ id }) => id === idOf(1)) as StoredRow[]
    expect({ ...back, version: 3 }).to.deep.equal(row(1, { version: 3 }))
  })

  it('name rows that cannot be read, and carry the others', async () => {
    await desk.fill('world', plainRows)
    await desk.damage('world', idOf(101), idOf(102))
    const out = await desk.run('export', 'world', 'dump.jsonl')
    expect(out.code).to.equal(1)
    expect(out.err).to.include('298 objects exported').and.include('2 objects cannot be read')
    for (const n of [101, 102]) expect(out.err).to.match(new RegExp(`^${idOf(n)}: \\w`, 'm'))
    const back = await desk.run('import', 'copy', 'dump.jsonl')
    expect(back.code).to.equal(1)
    expect(back.out).to.include('298 new')
    for (const n of [101, 102])
      expect(back.err).to.match(new RegExp(`^Line \\d+: ${idOf(n)} could not be read when it was exported`, 'm'))
    expect(await desk.rows('copy')).to.deep.equal(
      sorted(plainRows).filter(({ id }) => id !== idOf(101) && id !== idOf(102)),
    )
    // Over a row that cannot be read nothing is written.
    await desk.fill('whole', plainRows)
    await desk.run('export', 'whole', 'whole.jsonl')
    const mended = await desk.run('import', 'world', 'whole.jsonl', '--overwrite')
    expect(mended.code).to.equal(1)
    expect(mended.out).to.include('298 equal').and.include('2 that cannot be written')
    for (const n of [101, 102]) expect(mended.err).to.match(new RegExp(`^${idOf(n)}: .*cannot read`, 'm'))
  })

  it('tell by its line what of a file is no row, and bring the rest', async () => {
    const good = lineOf(row(1))
    const part = (more: object): string => `${JSON.stringify({ ...JSON.parse(good), ...more })}\n`
    const bad: [string, RegExp][] = [
      ['nonsense\n', /it is no JSON: nonsense/],
      [good.slice(0, 60).concat('\n'), /it is no JSON/],
      ['[1]\n', /it is no row/],
      ['null\n', /it is no row/],
      ['{}\n', /it has no id, class, owner, zone, keys and fields: \{\}/],
      [part({ id: 'ABC' }), /its id is not 24 hex digits/],
      [part({ class: 7 }), /its class is no name/],
      [part({ class: '' }), /its class is no name/],
      [part({ version: 0 }), /its version is no whole number above 0/],
      [part({ version: 1.5 }), /its version is no whole number above 0/],
      [part({ format: '1' }), /its format is no whole number/],
      [part({ owner: 7 }), /its owner is neither a text nor null/],
      [part({ owner: undefined }), /it has no owner: /],
      [part({ zone: -1 }), /its zone is neither a whole number .* nor null/],
      [part({ zone: 2 ** 32 }), /its zone is neither a whole number .* nor null/],
      [part({ keys: null }), /its keys are no object of texts/],
      [part({ keys: ['a'] }), /its keys are no object of texts/],
      [part({ keys: { name: 7 } }), /its keys are no object of texts/],
      [part({ keys: { name: 'x'.repeat(201) } }), /its keys are no object of texts/],
      [part({ fields: undefined }), /it has no fields/],
      [part({ fields: '{}' }), /its fields are no object/],
      [part({ text: 7 }), /its text is none/],
    ]
    const { code, out, err } = await imported(lineOf(row(2)), ...bad.map(([text]) => text), '{"half":')
    expect([code, out]).to.deep.equal([1, '1 object in the file: 1 new, 0 equal to what is there.\n'])
    for (const [n, [text, says]] of bad.entries())
      expect(err.split('\n')[n], text)
        .to.match(says)
        .and.match(new RegExp(`^Line ${n + 2}: `))
    expect(err).to.include('Line 24: ').and.include('23 lines, named above, were not imported.')
    expect(await desk.rows('copy')).to.deep.equal([row(2)])
  })

  it('stop at a file that is none of ours, or empty', async () => {
    const foreign = numbers(2000).map(n => `2026-11-21 something happened ${n}\n`)
    const log = await imported(...foreign)
    expect([log.code, log.out]).to.deep.equal([1, ''])
    expect(log.err).to.match(/^The input is no export of fieldcast: its first 10 lines are no objects\. Line 1: .*\n$/)
    // Nine may be slips of the pen.
    const nearly = await imported(...foreign.slice(0, 9), lineOf(row(1)), ...foreign.slice(0, 20))
    expect([nearly.code, nearly.out]).to.deep.equal([1, '1 object in the file: 1 new, 0 equal to what is there.\n'])
    expect(nearly.err.match(/^Line \d+: it is no JSON/gm)).to.have.length(29)
    const short = await imported(foreign[0]!)
    expect(short.code).to.equal(1)
    expect(short.err).to.match(/^Line 1: .*\n1 line, named above, was not imported\.\n$/)
    for (const nothing of ['', '\n\n'])
      expect(await imported(nothing)).to.deep.equal({
        code: 1,
        out: '',
        err: 'The input is empty: there is nothing to import.\n',
      })
    const none = await imported(firstLine('lmdb world', 0), lastLine(0, 0))
    expect([none.code, none.err]).to.deep.equal([0, ''])
  })

  it('take rows that were written by hand, of version 1', async () => {
    const { version: _, format: __, ...hand } = JSON.parse(lineOf(row(1)))
    expect((await imported(JSON.stringify(hand))).code).to.equal(0)
    expect(await desk.rows('copy')).to.deep.equal([row(1, { version: 1, format: 1 })])
  })

  it('notice a file that is cut off, and one of a newer version', async () => {
    const first = firstLine('lmdb world', 0)
    const whole = [first, lineOf(row(1)), lineOf(row(2)), lastLine(2, 0)]
    const cut = await imported(...whole.slice(0, 2))
    expect([cut.code, cut.out]).to.deep.equal([1, '1 object in the file: 1 new, 0 equal to what is there.\n'])
    expect(cut.err).to.include('cut off')
    const hole = await imported(whole[0]!, whole[2]!, whole[3]!)
    expect(hole.code).to.equal(1)
    expect(hole.err).to.include('2 objects were exported, and 1 are here')
    const twice = await imported(...whole.slice(0, 2), ...whole)
    expect(twice.code).to.equal(1)
    expect(twice.err).to.include('another export begins')
    expect(await imported(...whole, ...whole)).to.deep.equal({
      code: 0,
      out: '4 objects in the file: 0 new, 4 equal to what is there.\n',
      err: '',
    })
    const newer = await imported(first.replace('"form":1', '"form":2'), lineOf(row(9)))
    expect(newer.code).to.equal(1)
    expect(newer.err).to.include('newer version')
    expect(await desk.rows('copy')).to.have.length(2)
  })

  it('take no more memory for many large rows', async () => {
    const large = numbers(100).map(n => row(n, { fields: JSON.stringify({ say: [String(n).padEnd(1_000_000, 'x')] }) }))
    await desk.using('world', async store => {
      for (const each of large) await store.commit({ put: [each] })
    })
    const node = ['--max-old-space-size=60', '--max-semi-space-size=8']
    const out = await storeCommand(desk.root, ['export', 'world', 'dump.jsonl'], { node })
    expect(out).to.include({ code: 0 })
    expect(statSync(desk.path('dump.jsonl')).size).to.be.greaterThan(100_000_000)
    const back = await storeCommand(desk.root, ['import', 'copy', 'dump.jsonl'], { node })
    expect(back).to.include({ code: 0, out: '100 objects in the file: 100 new, 0 equal to what is there.\n' })
    expect(await desk.rows('copy')).to.have.length(100)
  })

  it('end where nobody reads on', async () => {
    await desk.fill(
      'world',
      numbers(2000).map(n => row(n, { fields: JSON.stringify({ say: ['x'.repeat(500)] }) })),
    )
    const text = execFileSync(
      'sh',
      ['-c', `"${process.execPath}" "${main}" store export world 2>err | head -n 2; cat err`],
      {
        cwd: desk.root,
        env: { ...process.env, NODE_OPTIONS: '' },
        encoding: 'utf8',
      },
    )
    expect(text.split('\n')).to.have.length(4)
    expect(text).to.include('The output ended before all was written')
  })

  it('show a bar on a terminal', async function () {
    if (!existsSync('/usr/bin/script')) return this.skip()
    // So much that reading it takes some tenths of a second, between which the bar moves.
    const fields = JSON.stringify({ setName: ['x'.repeat(20_000)] })
    await desk.fill(
      'world',
      numbers(3000).map(n => row(n, { fields })),
    )
    await desk.run('export', 'world', 'dump.jsonl')
    const told = (words: string): string[] =>
      execFileSync('/usr/bin/script', ['-qec', `"${process.execPath}" "${main}" store ${words}`, '/dev/null'], {
        cwd: desk.root,
        env: { ...process.env, NODE_OPTIONS: '' },
        encoding: 'utf8',
      }).split('\r\u001b[K')
    const bar = /^\[[#.]{24}\] +\d+% [\d,]+ objects?, /
    const wiped = told('import copy dump.jsonl')
    expect(wiped.some(part => bar.test(part))).to.equal(true)
    expect(wiped.at(-1)).to.match(/^3,000 objects in the file: 3,000 new, 0 equal to what is there\.\r?\n$/)
    // Of a store, which is asked how much it holds.
    const copied = told('copy world other')
    expect(copied.some(part => bar.test(part))).to.equal(true)
    expect(copied.at(-1)).to.match(/3,000 new, 0 equal to what is there\.\r?\n$/)
  })
})
