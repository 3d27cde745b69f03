/** An embedded store on a disk that is full, and on one that must not be written: a small file system of its own, where this user may mount one. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import type { Store, StoredRow } from '../../lib/stores/store.ts'
import { all, holds, idOf, numbers, row, same } from '../../lib/stores/suite/bench.ts'
import { failureOf } from '../support/outcome.ts'

describe('An embedded store on a small disk', () => {
  let disk: string
  let world: string
  let store: Store
  const { error } = console

  before(function () {
    disk = mkdtempSync(join(tmpdir(), 'fieldcast-disk-'))
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'fieldcast', disk])
    if (status === 0) return
    rmSync(disk, { recursive: true })
    console.log(`      not run: this user may not mount a file system (${String(stderr).trim() || 'no mount'})`)
    this.skip()
  })
  beforeEach(() => {
    world = join(disk, 'world')
    store = lmdbStore(world)
    // The package lmdb prints each failed write.
    console.error = (...args) => void (args[0] instanceof Error || error(...args))
  })
  afterEach(async () => {
    console.error = error
    spawnSync('mount', ['-o', 'remount,rw', disk])
    await store.close()
    for (const name of ['world', 'filler']) rmSync(join(disk, name), { recursive: true, force: true })
  })
  after(() => {
    if (!existsSync(disk)) return
    spawnSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })

  /** Takes all the room that is left. */
  const fill = (): void => {
    for (let size = 4 << 20; size >= 4096; size >>= 1)
      try {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(size), { flag: 'a' })
      } catch {
        // Some of it is there; the rest is tried in smaller parts.
      }
  }
  const makeRoom = (): void => rmSync(join(disk, 'filler'))
  const pad = 'x'.repeat(300)
  const rowsOf = (part: number): StoredRow[] =>
    numbers(100).map(n => row(100 * part + n, { zone: part, fields: `{"say":["${pad}"]}` }))

  it('reports a full disk as what passes, writes nothing by halves, and goes on when there is room', async () => {
    writeFileSync(join(disk, 'filler'), Buffer.alloc(2 << 20))
    await store.open()
    const kept: StoredRow[] = []
    let part = 0
    let failure: unknown
    for (; !failure; part++) {
      const rows = rowsOf(part)
      await store.commit({ put: rows }).then(
        () => kept.push(...rows),
        (reason: unknown) => (failure = reason),
      )
    }
    expect(failure).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    expect(failure).to.have.property('message').that.contains(world).and.contains('full')
    const lost = rowsOf(part - 1)
    for (const again of [1, 2]) {
      expect(await store.get(lost.map(({ id }) => id))).to.deep.equal(lost.map(() => undefined))
      expect(await store.query({ zone: part - 1, limit: 10 })).to.deep.equal({ rows: [], next: null })
      await holds(store, ...kept)
      expect((await failureOf(store.commit({ put: lost }), StoreError)).kind, String(again)).to.equal('retryable')
    }
    makeRoom()
    expect(await store.commit({ put: lost, expect: [{ id: lost[0]!.id, version: 0 }] })).to.equal(true)
    kept.push(...lost)
    same(
      await all(store),
      kept.sort((a, b) => (a.id < b.id ? -1 : 1)),
    )
    await store.close()
    await store.open()
    same(await all(store), kept)
  })

  it('settles all who share a transaction that fails, and believes nothing that was not written', async () => {
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.claim('world', 1)
    fill()
    const large = rowsOf(1).map(each => ({ ...each, fields: `{"say":["${pad.repeat(20)}"]}` }))
    const outcomes = await Promise.allSettled([
      store.commit({ put: large }),
      store.claim('world', 2),
      store.commit({ put: [row(1, { version: 2 })] }, { shard: 'world', epoch: 1 }),
      store.commit({ put: [], del: [{ id: idOf(1), version: 3 }] }),
      store.commit({ put: [row(2)], expect: [{ id: idOf(1), version: 0 }] }),
    ])
    for (const each of outcomes)
      expect(each).to.have.property('reason').that.is.instanceOf(StoreError).with.property('kind', 'retryable')
    makeRoom()
    expect(await store.epoch('world')).to.equal(1)
    expect(await store.commit({ put: [row(1, { version: 2 })] }, { shard: 'world', epoch: 1 })).to.equal(true)
    await holds(store, row(1, { version: 2 }))
    same(await all(store), [row(1, { version: 2 })])
  })

  it('opens on a full disk what is there, and tells of no room for what is not', async () => {
    fill()
    expect(await failureOf(store.open(), StoreError)).to.have.property('kind', 'retryable')
    makeRoom()
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    fill()
    await store.open()
    await holds(store, row(1))
    expect(await failureOf(store.commit({ put: rowsOf(1) }), StoreError)).to.have.property('kind', 'retryable')
    makeRoom()
    await store.commit({ put: rowsOf(1) })
  })

  it('says what to do where it may not write', async () => {
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).to.equal(0)
    for (const path of [world, join(disk, 'another')]) {
      const { kind, message } = await failureOf(lmdbStore(path).open(), StoreError)
      expect(kind).to.equal('fatal')
      expect(message).to.contain('mount it writable')
    }
    expect(spawnSync('mount', ['-o', 'remount,rw', disk]).status).to.equal(0)
    await store.open()
    await holds(store, row(1))
  })
})
