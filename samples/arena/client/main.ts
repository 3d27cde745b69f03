/** The page: asks for a name, stays connected, and draws a frame whenever the screen wants one. */
import { WORTH } from '../model.ts'
import { SPEED, WORLD_SIZE } from '../world.ts'
import { SeenAvatar, SeenGem } from './avatars.ts'
import { Camera } from './camera.ts'
import { type ArenaClient, Connection, type ConnectionState } from './connection.ts'
import { expose } from './debug.ts'
import { CUTS } from './draw/gem.ts'
import { Scene } from './draw/scene.ts'
import { Gathering } from './gathering.ts'
import { logLine, startChat } from './hud/chat.ts'
import { element } from './hud/dom.ts'
import { showLeaders } from './hud/leaders.ts'
import { drawMinimap } from './hud/minimap.ts'
import { showNotice, startNotice } from './hud/notice.ts'
import { showMotd, showStatus } from './hud/status.ts'
import { showToast } from './hud/toast.ts'
import { openWelcome, startWelcome } from './hud/welcome.ts'
import { Input } from './input.ts'

/** Time between two looks at what changes slowly, ms. */
const GLANCE = 150
/** Time between two measurements of the round trip, ms. */
const MEASURE = 2000
/** The longest step of one frame, s: after a pause the world does not jump. */
const LONGEST_FRAME = 0.1

const canvas = element('world', HTMLCanvasElement)
const hint = element('hint')
const camera = new Camera(canvas)
const scene = new Scene(canvas)
const input = new Input(camera)
const gathering = new Gathering(gem =>
  scene.sparks.rise(client?.avatar.place() ?? gem, `+${WORTH[gem.kind]}`, performance.now()),
)
/** The last that there was: what it saw stays on the screen while the server is away. */
let client: ArenaClient | null = null

const address = new URL('game', location.href)
address.protocol = address.protocol.replace('http', 'ws')
address.search = address.hash = ''
const connection = new Connection(address.href, changed)

function changed(state: ConnectionState): void {
  document.body.dataset['phase'] = state.phase
  document.body.toggleAttribute('data-again', state.phase === 'connecting' && state.again)
  showNotice(state, performance.now())
  if (state.phase === 'refused') openWelcome(state.why)
  if (state.phase !== 'playing') return
  client = state.client
  showMotd(connection.motd)
  input.release()
  client.on('leave', ({ object, deleted }) => {
    if (object instanceof SeenGem && deleted) scene.sparks.burst(object, CUTS[object.kind].body, performance.now())
  })
  client.on('vetoed', ({ field, reason }) => {
    if (field === 'Avatar.say') showToast(reason)
  })
}

SeenAvatar.heard = ({ name, colour }, text) => logLine(name, colour, text)
startChat(
  text => connection.state.phase === 'playing' && connection.state.client.avatar.send.say(text),
  () => input.release(),
)
startNotice(connection)
expose(connection)
startWelcome(player => connection.open(player))

let last = performance.now()
let glancedAt = 0
let measuredAt = 0

function frame(): void {
  const now = performance.now()
  const seconds = Math.min(LONGEST_FRAME, (now - last) / 1000)
  last = now
  if (connection.state.phase === 'playing') play(connection.state.client, now, seconds)
  else if (!client) drift(now)
  scene.draw(camera, client, input, now, seconds)
  if (now - glancedAt > GLANCE) glance(now)
  requestAnimationFrame(frame)
}

function play(game: ArenaClient, now: number, seconds: number): void {
  const { avatar } = game
  const direction = input.direction(avatar.place(), seconds * SPEED)
  if (direction.x !== 0 || direction.y !== 0) {
    avatar.walk(direction, seconds)
    hint.classList.add('done')
  }
  avatar.report(now)
  gathering.step(game, now)
  camera.follow(avatar.place(), seconds)
  if (now - measuredAt < MEASURE) return
  measuredAt = now
  game.ping().catch(() => {})
}

/** Before anyone plays, the view drifts over the world. */
function drift(now: number): void {
  const angle = now / 16_000
  camera.x = WORLD_SIZE / 2 + Math.cos(angle) * WORLD_SIZE * 0.26
  camera.y = WORLD_SIZE / 2 + Math.sin(angle * 1.3) * WORLD_SIZE * 0.26
}

function glance(now: number): void {
  glancedAt = now
  showNotice(connection.state, now)
  if (!client) return
  showStatus(client)
  showLeaders(client)
  drawMinimap(client, now)
}

requestAnimationFrame(frame)
