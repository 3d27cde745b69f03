/** Sends a number as soon as it is connected, and prints what comes back. `client.ts [url]` */
import { connect } from 'fieldcast/client'
import { Player } from './model.ts'

/** Somebody else's player. */
class RemotePlayer extends Player {
  override greet(text: string) {
    console.log(`Player ${this.id} was told: ${text}`)
  }
}

/** One's own. */
class LocalPlayer extends Player {
  override onEnter() {
    this.send.test(1234)
  }

  override greet(text: string) {
    console.log(text)
  }
}

const url = process.argv[2] ?? 'ws://localhost:7201'
const client = await connect(url, { classes: [RemotePlayer], owned: [LocalPlayer] }).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`Connected to ${url} as player ${client.avatar.id}; Ctrl+C leaves.`)
client.on('close', ({ reason, text }) => {
  if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
})
process.once('SIGINT', () => client.close())
