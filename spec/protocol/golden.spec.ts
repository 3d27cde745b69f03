/** The traces of docs/protocol.md are what the code really sends, to the byte. UPDATE_GOLDEN=1 writes them anew, for a change of the protocol that is meant. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  Flags,
  field,
  type int16,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  type str,
  type uint8,
  type uint16,
} from 'fieldcast'
import { World } from 'fieldcast/testing'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
class Player extends NetworkObject {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(x: int16, y: int16) {}

  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<200>) {}

  @field(Flags.OwnerSend)
  async buy(item: uint8): Promise<uint16> {
    return item * 100
  }

  @field(Flags.OwnerOnly | Flags.RAM)
  setCoins(coins: uint16) {}

  @field(Flags.Broadcast | Flags.Latest)
  turnTo(angle: uint16) {}
}

const OtherPlayer = (() => {
  @networkClass(10, { registry: new Registry(), clientCreate: true })
  class Player extends NetworkObject {
    @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
    moveTo(x: uint16, y: uint16) {}

    @field(Flags.OwnerSend | Flags.Broadcast)
    say(text: str<200>) {}

    @field(Flags.OwnerSend)
    async buy(item: uint8): Promise<uint16> {
      return item * 100
    }
  }
  return Player
})()

class ServerPlayer extends Player {
  override onEnter() {
    this.send.setCoins(7)
  }

  override say(text: string) {
    if (text === 'spam') throw new Reject('language')
  }
}

const file = 'docs/protocol.md'
const begin = '```trace\n'
const end = '```\n'

async function play(): Promise<string> {
  const steps: string[] = []
  const world = await World.start({
    server: { classes: [ServerPlayer], avatar: ServerPlayer, motd: 'hi', canWatch: () => true },
    client: { classes: [Player] },
    latency: 10,
    trace: true,
  })
  let shown = 0
  const step = (title: string): void => {
    steps.push(`# ${title}`)
    for (const { client, to, bytes } of world.trace.slice(shown))
      steps.push(`${client} ${to === 'server' ? '>' : '<'} ${Buffer.from(bytes).toString('hex')}`)
    shown = world.trace.length
  }
  const ann = await world.join<Player>({ name: 'ann' })
  await world.settle()
  step(
    'Client 1 says hello, selects, logs in, is welcomed, and enters zone 0 with its avatar, object 1; onEnter sends it 7 coins.',
  )
  ann.avatar.send.moveTo(3, -4)
  await world.settle()
  step('It moves to 3, -4, which comes back as confirmation.')
  ann.avatar.send.say('spam')
  await world.settle()
  step('It says what the server vetoes.')
  await world.until(ann.avatar.send.buy(3))
  step('It asks to buy item 3 and gets 300.')
  const bob = await world.join<Player>()
  await world.settle()
  step('Client 2 joins: it sees object 1 with its last position, but not its coins.')
  for (const player of world.server.objects.of(ServerPlayer)) player.send.moveTo(1, 1)
  await world.settle()
  step('The server moves both: one frame for both clients, a Deliver and a Repeat.')
  for (const angle of [1000, 1010, 5000]) {
    for (const player of world.server.objects.of(ServerPlayer)) player.send.turnTo(angle)
    await world.settle()
  }
  step('It turns both, by 10, then far: a Batch of calls in whole, one of steps, one in whole again.')
  await world.until(bob.zones.set([0, 9]))
  await world.until(world.server.objects.get(1)!.enterZone(9))
  await world.settle()
  step('Client 2 asks for zone 9 as well; object 1 moves there, and its client follows.')
  world.server.objects.get(1)!.transferOwner(world.server.clients.get(2)!)
  await world.settle()
  step('Object 1 is given to client 2.')
  world.server.objects.get(1)!.delete()
  await world.settle()
  step('Object 1 is deleted.')
  await world.until(bob.create(Player, draft => draft.send.moveTo(5, 6), { zone: 9 }))
  step('Client 2 creates a Player in zone 9, with a first call.')
  bob.close()
  await world.settle()
  step('Client 2 says goodbye.')
  await world.until(world.join(null, { classes: [OtherPlayer as never] }).catch(() => {}))
  await world.settle()
  step('Client 3 was built from a Player whose moveTo takes other types and who has fewer fields: it says so.')
  await world.stop()
  step('The server stops.')
  return `${steps.join('\n')}\n`
}

describe('The golden traces of docs/protocol.md', () => {
  it('are what server and clients send, to the byte', async () => {
    const text = readFileSync(file, 'utf8')
    const from = text.indexOf(begin) + begin.length
    const to = text.indexOf(end, from)
    const trace = await play()
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text.slice(0, from) + trace + text.slice(to))
    else expect(trace).to.equal(text.slice(from, to))
  })

  it('play the same twice', async () => {
    expect(await play()).to.equal(await play())
  })
})
