/** One process at a time has the files of an embedded store: real processes, stopped, killed and racing. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import type { Store } from '../../lib/stores/store.ts'
import { holds, idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failureOf } from '../support/outcome.ts'
import { Program, stopAll } from '../support/process.ts'

const script = fileURLToPath(new URL('lmdb-process.ts', import.meta.url))
const nodeArguments = ['--conditions=fieldcast-source', '--import', 'fieldcast/register', script]

/** A namespace of processes and one of networks, as a container has them: its first process is number 1. */
const unshare = ['--pid', '--fork', '--mount-proc', '--net', '--kill-child']

const taken = /: fatal: Another store has /

describe('The holder of an embedded store', () => {
  let folder: string
  let store: Store

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-holder-')))
    store = lmdbStore(folder)
  })
  afterEach(async () => {
    await store.close()
    await stopAll()
    rmSync(folder, { recursive: true })
  })

  const ready = async (program: Program): Promise<Program> => {
    await program.line(/^ready/)
    return program
  }
  const another = (path = folder): Promise<Program> => ready(new Program([...nodeArguments, path]))

  /** What has become of a line; each is told once to a program. */
  const told = async (program: Program, line: string): Promise<string> => {
    program.write(line)
    return (await program.line(new RegExp(`^${line}(: .*)`)))[1]!
  }

  it('keeps a second process out, at once, and says who it is and what to do', async () => {
    await store.open()
    const second = await another()
    const refusal = await told(second, 'open 1')
    expect(refusal).to.match(taken).and.contain(folder).and.contain(`process ${process.pid} on `)
    expect(refusal).to.contain('Stop that server or close that store first, or give this one another path')
    await store.commit({ put: [row(1)] })
    await store.close()
    expect(await told(second, 'open 2')).to.equal(': done')
    expect(await failureOf(store.open(), StoreError)).to.have.property('kind', 'fatal')
    await told(second, 'close')
    await store.open()
    await holds(store, row(1))
  })

  it('keeps a second store of the same process out, by whatever way it comes', async () => {
    await store.open()
    symlinkSync(folder, `${folder}-link`)
    try {
      for (const path of [folder, `${folder}/`, `${folder}-link`, `${folder}/../${folder.split('/').at(-1)}`]) {
        const second = lmdbStore({ path })
        const { kind, message } = await failureOf(second.open(), StoreError)
        expect([kind, message.includes(`process ${process.pid} `)]).to.deep.equal(['fatal', true])
        await second.close()
      }
    } finally {
      rmSync(`${folder}-link`)
    }
    await store.commit({ put: [row(1)] })
    await holds(store, row(1))
  })

  it('is known to live while it is busy, and while it is stopped', async () => {
    const holder = await another()
    await told(holder, 'open')
    holder.write('block')
    await holder.line(/^blocked/)
    expect((await failureOf(store.open(), StoreError)).message).to.contain('Another store has')
    process.kill(Number((await holder.line(/^ready (\d+)/))[1]), 'SIGSTOP')
    expect((await failureOf(store.open(), StoreError)).message).to.contain('Another store has')
    await holder.kill()
    await store.open()
  })

  it('makes way at once when it is killed, and leaves what was durable and nothing by halves', async () => {
    let next = 0
    for (let round = 0; round < 4; round++) {
      const holder = await another()
      expect(await told(holder, 'open')).to.equal(': done')
      holder.write(`flood ${next}`)
      await holder.line(new RegExp(`^durable ${next + 20 * round + 5}$`))
      await holder.kill()
      const last = Number(/\d+/.exec(holder.lines.findLast(line => line.startsWith('durable'))!)![0])
      await store.open()
      const ids = numbers(2 * last + 200).map(idOf)
      const found = (await store.get(ids)).map(each => each !== undefined)
      expect(found.slice(0, 2 * last + 2)).to.deep.equal(numbers(2 * last + 2).map(() => true))
      for (let n = 0; n < found.length; n += 2) expect(found[n]).to.equal(found[n + 1])
      await store.close()
      next = last + 1
    }
  })

  it('is one alone, when many come at once to a place that was left or died on', async () => {
    const first = await another()
    await told(first, 'open')
    await first.kill()
    const racers = await Promise.all(numbers(4).map(() => another()))
    for (let round = 0; round < 8; round++) {
      const outcomes = await Promise.all(racers.map(racer => told(racer, `open ${round}`)))
      expect(outcomes.filter(each => each === ': done')).to.have.length(1)
      expect(outcomes.filter(each => taken.test(each))).to.have.length(racers.length - 1)
      const winner = racers[outcomes.indexOf(': done')]!
      expect(await told(winner, `commit ${round}`)).to.equal(': true')
      if (round % 2) await told(winner, `close ${round}`)
      else {
        racers.splice(racers.indexOf(winner), 1, await another())
        await winner.kill()
      }
    }
    await store.open()
    await holds(store, ...numbers(8).map(n => row(n)))
    expect(readdirSync(folder).filter(name => /^(holder-|new-)/.test(name))).to.deep.equal([])
    // Nine processes, one after the other in part: they take seconds each where the machine is busy.
  }).timeout(60_000)

  it('keeps another container out that shares the folder, where both are process 1', async function () {
    const probe = spawnSync('unshare', [...unshare, 'true'])
    if (probe.status !== 0) {
      console.log('      not run: this user may not make namespaces (unshare)')
      return this.skip()
    }
    const contained = (): Promise<Program> => {
      const command = [...unshare, process.execPath, ...nodeArguments, folder]
      const run = `require('child_process').spawn('unshare', ${JSON.stringify(command)}, { stdio: 'inherit' })`
      return ready(new Program(['-e', run]))
    }
    const [one, other] = await Promise.all([contained(), contained()])
    expect([one.lines[0], other.lines[0]]).to.deep.equal(['ready 1', 'ready 1'])
    expect(await told(one, 'open')).to.equal(': done')
    for (const n of numbers(5)) {
      expect(await told(other, `open ${n}`)).to.match(taken)
      expect(await told(one, `commit ${n}`)).to.equal(': true')
      expect(await told(one, `count ${n}`)).to.equal(`: ${n + 1}`)
    }
    expect((await failureOf(store.open(), StoreError)).message).to.contain('process 1 on ')
    await told(one, 'close')
    expect(await told(other, 'open')).to.equal(': done')
    expect(await told(other, 'count')).to.equal(': 5')
    await told(other, 'close')
    for (const program of [one, other]) program.finish()
    await Promise.all([one.ended, other.ended])
  })

  it('is found in folders whose path is longer than that of a socket may be', async () => {
    const deep = join(folder, ...numbers(6).map(() => 'a-folder-with-a-long-name-語語語'))
    const [one, other] = [lmdbStore(deep), lmdbStore(deep)]
    await one.open()
    expect((await failureOf(other.open(), StoreError)).message).to.contain('Another store has')
    await one.close()
    await other.open()
    await other.close()
    expect(readdirSync(deep).sort()).to.deep.equal(['data.mdb', 'lock.mdb'])
  })

  it('is not mistaken in what is left of it: a copied folder, an empty file', async () => {
    await store.open()
    await store.close()
    for (const name of ['holder.sock', 'holder.txt']) writeFileSync(join(folder, name), '')
    await store.open()
    expect((await failureOf(lmdbStore(folder).open(), StoreError)).message).to.contain('Another store has')
  })

  it('lets go of what it has taken where opening fails', async () => {
    mkdirSync(join(folder, 'data.mdb'))
    expect(await failureOf(store.open(), StoreError)).to.have.property('kind', 'fatal')
    rmSync(join(folder, 'data.mdb'), { recursive: true })
    await store.open()
  })
})
