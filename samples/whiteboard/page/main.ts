/** The board in a browser: sends where the pen goes, and draws what the server says. */
import { type ActionData, ActionListener, Connection, type DisconnectedEvent, type ErrorEvent } from 'fieldcast/actions'
import { HEIGHT, type Painter, WIDTH } from '../board.ts'

const find = <T extends Element>(selector: string): T => document.querySelector<T>(selector)!
const canvas = find<HTMLCanvasElement>('#board')
canvas.width = WIDTH
canvas.height = HEIGHT
const pen = canvas.getContext('2d')!
const status = find<HTMLElement>('#status')

class Board extends ActionListener {
  readonly #painters = new Map<number, Painter>()
  #me = 0
  #isStale = false

  Network_welcome({ id }: ActionData) {
    this.#painters.clear()
    this.#me = id
    this.#say('')
  }

  Network_painter({ id, colour, lines }: ActionData) {
    this.#painters.set(id, { id, colour, lines })
    this.#change()
  }

  Network_startline({ id, x, y }: ActionData) {
    this.#painters.get(id)?.lines.push([x, y])
    this.#change()
  }

  Network_drawpoint({ id, x, y }: ActionData) {
    this.#painters.get(id)?.lines.at(-1)?.push(x, y)
    this.#change()
  }

  Network_left({ id }: ActionData) {
    this.#painters.delete(id)
    this.#change()
  }

  Network_error({ error }: ErrorEvent) {
    this.#say(error.text)
  }

  Network_disconnected({ text }: DisconnectedEvent) {
    this.#say(`The connection has ended: ${text}`)
  }

  #say(text: string) {
    status.textContent = text
    status.hidden = text === ''
  }

  /** Draws once per frame of the screen, however much has changed. */
  #change() {
    if (this.#isStale) return
    this.#isStale = true
    requestAnimationFrame(() => {
      this.#isStale = false
      this.#draw()
    })
  }

  #draw() {
    pen.clearRect(0, 0, WIDTH, HEIGHT)
    pen.lineWidth = 6
    pen.lineCap = pen.lineJoin = 'round'
    for (const { colour, lines } of this.#painters.values()) {
      pen.strokeStyle = colour
      for (const [x, y, ...others] of lines) {
        pen.beginPath()
        pen.moveTo(x!, y!)
        // A line of one point is a dot.
        pen.lineTo(x!, y!)
        for (let i = 0; i < others.length; i += 2) pen.lineTo(others[i]!, others[i + 1]!)
        pen.stroke()
      }
    }
    find('#painters').replaceChildren(...[...this.#painters.values()].map(painter => this.#item(painter)))
  }

  #item({ id, colour, lines }: Painter): HTMLElement {
    const item = document.createElement('li')
    item.style.setProperty('--colour', colour)
    item.textContent = `${id === this.#me ? 'you' : `painter ${id}`}, lines: ${lines.length}`
    return item
  }
}

const connection = new Connection({ listeners: [new Board()] })
connection.connect(location.origin.replace('http', 'ws'))

function send(action: string, { offsetX, offsetY }: PointerEvent) {
  const within = (at: number, size: number) => Math.round(Math.min(Math.max(at, 0), 1) * size)
  connection.send({
    action,
    x: within(offsetX / canvas.clientWidth, WIDTH),
    y: within(offsetY / canvas.clientHeight, HEIGHT),
  })
}
canvas.addEventListener('pointerdown', event => {
  canvas.setPointerCapture(event.pointerId)
  send('startline', event)
})
canvas.addEventListener('pointermove', event => {
  if (event.buttons === 1) send('drawpoint', event)
})
