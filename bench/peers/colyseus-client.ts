/** A player with Colyseus' own SDK: its wire is no matter of a few lines. One that does not read counts its bytes and has them dropped. */
import { Callbacks, Client } from '@colyseus/sdk'
import type { Player } from '../net/contestant.ts'
import type { Ear } from '../net/ear.ts'

export async function join(url: string, ear: Ear): Promise<Player> {
  const room = await new Client(`http://${url}`).joinOrCreate('arena')
  // A room of messages alone has no state, and no decoder that could call back.
  const hasState = 'decoder' in room.serializer
  if (!hasState) {
    const own = await new Promise(resolve => {
      room.onMessage(1, resolve)
      room.send(1)
    })
    room.onMessage(0, ([id, , , at]: readonly number[]) => ear.move(at!, id === own))
  } else if (ear.reads) {
    const callbacks = Callbacks.get(room)
    callbacks.onAdd('players', (player, id) => {
      callbacks.listen(player, 'at', at => ear.move(at, id === room.sessionId), false)
    })
  }
  const { events } = room.connection
  const read = events.onmessage
  events.onmessage = event => {
    ear.frame(event.data.byteLength)
    if (ear.reads) read(event)
  }
  return { move: (x, y, at) => (hasState ? room.send('move', { x, y, at }) : room.send(0, [x, y, at])) }
}
