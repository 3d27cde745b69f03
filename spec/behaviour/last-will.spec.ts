/** What a client leaves behind: last wills, and what becomes of what it owned. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str } from 'fieldcast'
import { goesAtOnce } from '../support/departure.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Board extends Witness {
  @field(Flags.Broadcast)
  line(text: str<64>): void {
    this.note('line', text)
  }
}

const classes = [Board]
const options = { server: { classes, zone: 0, ...goesAtOnce }, client: { classes } }

onEveryWire('last wills', start => {
  it('Z13 A last will registered by a client’s session runs once after an abrupt end, and others see what it does', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const board = world.server.create(Board, null, { zone: 0 })
    await watch(world, b, 0)
    onServer(world, a).will(() => board.send.line('ann is gone'))
    await world.settle()
    expect(board.heard).to.be.empty
    await world.cut(a)
    await world.settle()
    expect(board.heard).to.deep.equal([['line', 'ann is gone']])
    expect(sightOf(b, board).heard).to.deep.equal([['line', 'ann is gone']])
    await world.stop()
    expect(board.heard).to.have.lengthOf(1)
  })

  it('Z13 A last will never runs after it was cleared', async () => {
    const world = await start(options)
    const a = await world.join()
    const ran: string[] = []
    const client = onServer(world, a)
    const last = (): unknown => ran.push('same')
    const clear = client.will(last)
    client.will(last)
    client.will(() => ran.push('other'))
    clear()
    clear()
    await world.cut(a)
    expect(ran).to.deep.equal(['same', 'other'])
  })

  it('Z13 A last will does not run when its client has said goodbye', async () => {
    const world = await start(options)
    const a = await world.join()
    const ran: string[] = []
    onServer(world, a).will(() => ran.push('will'))
    const closed = record(world.server, 'close')
    a.close()
    await world.until(
      new Promise<void>(resolve => (closed.length > 0 ? resolve() : world.server.on('close', () => resolve()))),
    )
    expect(closed[0]!.reason).to.equal('normal')
    expect(ran).to.be.empty
  })

  it('Z13 A last will finds what the client owned still in its hands', async () => {
    const world = await start(options)
    const a = await world.join()
    const client = onServer(world, a)
    const board = world.server.create(Board, null, { zone: 0, owner: client })
    let owner: number | undefined
    client.will(() => {
      owner = board.owner?.id
    })
    await world.cut(a)
    expect(owner).to.equal(client.id)
    expect(board.owner).to.equal(null)
  })

  it('a will that throws is told as an error and keeps no other from running; one made too late never runs', async () => {
    const world = await start(options)
    const a = await world.join()
    const client = onServer(world, a)
    const ran: string[] = []
    const errors = record(world.server, 'error')
    client.will(() => {
      throw new Error('no paper')
    })
    client.will(() => {
      ran.push('second')
      client.will(() => ran.push('third'))
    })
    await world.cut(a)
    client.will(() => ran.push('fourth'))
    await world.settle()
    expect(ran).to.deep.equal(['second'])
    expect(errors.map(({ where, error }) => [where, (error as Error).message])).to.deep.equal([['will', 'no paper']])
  })
})
