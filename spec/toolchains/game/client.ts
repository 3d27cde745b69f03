/** The clients of the game: a stranger who is refused, ann who sends everything, and bob who comes late. One step at a time, so that equal games have equal bytes. */
import { ArgumentError, Rejected, SchemaMismatch } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { Den, Monster, type Player, Stranger } from './model.js'
import { cast, kindOf } from './observed.js'
import { deeds, perform } from './samples.js'
import { stillClock } from './still-clock.js'
import { show } from './text.js'

/** What each client saw, in order. */
export interface Played {
  readonly stranger: readonly string[]
  readonly ann: readonly string[]
  readonly bob: readonly string[]
}

interface Seat {
  readonly client: Client<Player>
  readonly log: string[]
  /** Resolves when an object has left view. */
  readonly left: Promise<void>
  readonly closed: Promise<void>
}

export async function play(url: string): Promise<Played> {
  const stranger = [await knock(url)]
  const ann = await join(url, 'ann')
  const { client, log } = ann
  const me = client.avatar
  const [monster] = client.objects.of(Monster)
  const [den] = client.objects.of(Den)

  for (const deed of deeds({ player: me, monster: monster!, den: den! }, 'client')) {
    perform(deed)
    await me.send.settle()
  }
  for (let left = 1; left > 0; ) left = await me.send.recite()

  me.send.say('spam')
  await me.send.settle()
  me.send.say('hello')
  me.send.shift(41)
  await me.send.settle()
  for (const item of ['sword', 'shoe'] as const) log.push(`bought ${show(await me.send.buy(item))}`)
  log.push(`was refused: ${await reasonOf(me.send.buy('crown'))}`)
  for (const wrong of [() => me.send.integers(128, 0, 0, 0n, 0, 0, 0, 0n, 0), () => me.send.buy('x'.repeat(33))])
    log.push(`may not send that: ${await reasonOf(wrong)}`)

  const bob = await join(url, 'bob')
  await bob.client.avatar.send.settle()
  bob.client.close()
  await bob.closed
  await ann.left
  await me.send.settle()
  client.close()
  await ann.closed
  return { stranger, ann: log, bob: bob.log }
}

async function join(url: string, name: string): Promise<Seat> {
  const log: string[] = []
  const write = (line: string): void => void log.push(line)
  const types = cast(write)
  let leave = (): void => {}
  let close = (): void => {}
  const left = new Promise<void>(resolve => (leave = resolve))
  const closed = new Promise<void>(resolve => (close = resolve))
  const client = await connect(url, {
    classes: [types.Player, types.Monster, types.Den],
    avatar: types.Player,
    login: { name },
    clock: stillClock,
    on: {
      enter: ({ object }) => write(`enter ${kindOf(object)} ${object.id} of ${object.owner?.id}`),
      leave: ({ object, deleted }) => {
        write(`leave ${kindOf(object)} ${object.id} ${deleted}`)
        leave()
      },
      vetoed: ({ field, reason }) => write(`vetoed ${field} ${reason}`),
      error: ({ error, where, field }) => write(`error ${where} ${field} ${String(error)}`),
      dropped: ({ field, why }) => write(`dropped ${field} ${why}`),
      close: ({ reason }) => {
        write(`close ${reason}`)
        close()
      },
    },
  })
  return { client, log, left, closed }
}

/** Comes with other classes than the server's, and hears what differs. */
function knock(url: string): Promise<string> {
  return connect(url, { classes: [Stranger], login: { name: 'stranger' }, clock: stillClock }).then(
    () => 'was let in',
    error => (error instanceof SchemaMismatch ? error.differences.join('; ') : String(error)),
  )
}

async function reasonOf(wrong: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof wrong === 'function' ? wrong() : wrong)
    return 'nothing was wrong'
  } catch (error) {
    if (error instanceof Rejected) return error.reason
    return error instanceof ArgumentError ? error.message : String(error)
  }
}
