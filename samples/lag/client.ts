/** Gives back the server's pings, ten of them, and goes. `client.ts [url]` */
import { type ActionData, ActionListener, Connection, type DisconnectedEvent, type ErrorEvent } from 'fieldcast/actions'

class Answers extends ActionListener {
  Network_connected() {
    console.log('Connected.')
  }

  Network_ping({ count }: ActionData) {
    console.log(`Ping ${count}.`)
    this.send({ action: 'ping', count })
    // The last answer leaves ahead of the goodbye.
    if (count === 10) connection.close()
  }

  Network_error({ error }: ErrorEvent) {
    console.error(error.text)
    process.exitCode = 1
  }

  Network_disconnected({ code, text }: DisconnectedEvent) {
    console.log(code === 'normal' ? 'Disconnected.' : `The connection has ended: ${text}`)
  }
}

const connection = new Connection({ listeners: [new Answers()] })
await connection.connect(process.argv[2])
