/** A game whose disk is full: it says so, goes on, and has lost nothing when there is room again, also where it is killed meanwhile. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { Program } from './crash/child.ts'
import { begin, type Session } from './crash/session.ts'
import { withSetting } from './postgres.ts'
import { startCluster } from './postgres-cluster.ts'

describe('A game on a disk that is full', function () {
  this.timeout(60_000)
  let program: Program
  let disk: string

  before(async function () {
    disk = mkdtempSync(join(tmpdir(), 'fieldcast-disk-'))
    // What is mounted belongs to root.
    chmodSync(disk, 0o755)
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=755', 'fieldcast', disk])
    if (status !== 0) {
      rmSync(disk, { recursive: true })
      console.log(
        `    skipped: this user may not mount a small disk: run as root (${String(stderr).trim() || 'no mount'})`,
      )
      this.skip()
    }
    program = await Program.build()
  })
  after(async () => {
    await program?.end()
    if (!existsSync(disk)) return
    spawnSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })
  afterEach(() => makeRoom())

  /** Takes all the room that is left. */
  function fill(): void {
    for (let size = 4 << 20; size >= 4096; size >>= 1)
      for (let there = true; there; )
        try {
          writeFileSync(join(disk, 'filler'), Buffer.alloc(size), { flag: 'a' })
        } catch {
          // Some of it is there; the rest is tried in smaller parts.
          there = false
        }
  }
  const makeRoom = (): void => rmSync(join(disk, 'filler'), { force: true })

  /** Fills the disk and makes the world grow, until the game says that writing fails. */
  async function exhaust(game: Session): Promise<void> {
    await game.loaded
    await game.changes(50)
    fill()
    const failing = game.child.next('store', ([, state]) => state === 'failing')
    game.child.tell('grow')
    const [, , error] = await failing
    expect(error).to.match(/full|no space/i)
    await game.changes(50)
  }

  async function survives(url: string): Promise<void> {
    const game = begin(program, url)
    await exhaust(game)
    const working = game.child.next('store', ([, state]) => state === 'working')
    makeRoom()
    await working
    await game.child.next('ok')
    await game.stop()
    const next = begin(program, url, { plays: false })
    await next.loaded
    expect([...game.wrong, ...next.opening.complaints(game.model)]).to.deep.equal([])
    expect(next.opening.found.length).to.be.above(20)
    await next.stop()
  }

  it('lmdb: says so, goes on, and writes everything when there is room', () => survives(`lmdb:${join(disk, 'world')}`))

  it('lmdb: is killed meanwhile, and has lost nothing acknowledged', async () => {
    const url = `lmdb:${join(disk, 'killed')}`
    const game = begin(program, url)
    await exhaust(game)
    await game.child.kill()
    const early = begin(program, url, { plays: false })
    await Promise.race([early.loaded, early.child.ended])
    await early.child.kill()
    if (early.end.length > 0) expect(early.end.slice(0, 2)).to.deep.equal(['refused', 'retryable'])
    else expect(early.opening.complaints(game.model)).to.deep.equal([])
    makeRoom()
    const next = begin(program, url)
    await next.loaded
    expect([...game.wrong, ...next.opening.complaints(game.model)]).to.deep.equal([])
    await next.child.next('ok')
    await next.stop()
  })

  it('PostgreSQL: says so, goes on, and writes everything when there is room', async function () {
    const cluster = await startCluster(this)
    try {
      const place = join(disk, 'tablespace')
      mkdirSync(place)
      const sql = new pg.Client(cluster.url)
      await sql.connect()
      const { rows } = await sql.query(`SELECT setting FROM pg_settings WHERE name = 'data_directory'`)
      const { uid, gid } = statSync(rows[0].setting)
      chownSync(place, uid, gid)
      await sql.query(`CREATE TABLESPACE small LOCATION '${place}'`)
      await sql.end()
      await survives(withSetting(cluster.url, 'default_tablespace=small'))
    } finally {
      await cluster.remove()
    }
  })
})
