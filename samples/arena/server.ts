/** The server's side of the arena: what avatars may do, and what lies about in the zones. */
import { Reject } from 'fieldcast'
import { type Account, amend, type Client, type Server, type ServerOptions } from 'fieldcast/server'
import { between, type Chance, pick } from './chance.ts'
import { Avatar, Board, Gem, type GemKind, WORTH } from './model.ts'
import { Pace } from './pace.ts'
import {
  COLOURS,
  cornerOf,
  distance,
  inside,
  LOBBY,
  type Point,
  REACH,
  SPEED,
  WORLD_SIZE,
  ZONE_SIZE,
  ZONES,
  zoneAt,
  zonesAround,
} from './world.ts'

const GEMS_PER_ZONE = 7
/** Rarer ones stand fewer times in the list. */
const KINDS: readonly GemKind[] = ['amber', 'amber', 'amber', 'amber', 'emerald', 'emerald', 'ruby']
/** Time between two sentences of one player, ms. */
const BREATH = 400

interface Player {
  readonly name: string
  readonly colour: number
  readonly spawn: Point
}

export class ServerAvatar extends Avatar {
  now!: () => number
  pace!: Pace
  #spokeAt = Number.NEGATIVE_INFINITY

  /** Called when its score has changed. */
  onScore: () => void = () => {}

  /** Gives `setLook` its arguments: the field is Required, and nothing else keeps a value for it. */
  getLook(): [name: string, colour: number] {
    const { name, colour } = this.player
    return [name, colour]
  }

  get player(): Player {
    return (this.owner as Client).data as Player
  }

  override moveTo(x: number, y: number) {
    if (x >= WORLD_SIZE || y >= WORLD_SIZE) throw new Reject('The world ends there.')
    const part = this.caller ? this.pace.step(distance(this, { x, y })) : 1
    const to =
      part === 1
        ? { x, y }
        : { x: Math.trunc(this.x + (x - this.x) * part), y: Math.trunc(this.y + (y - this.y) * part) }
    super.moveTo(to.x, to.y)
    const zone = zoneAt(to)
    if (zone !== this.zone) this.enterZone(zone)
    if (part < 1) return amend(to.x, to.y)
  }

  override say(text: string) {
    const said = text.replace(/\s+/g, ' ').trim()
    if (said === '') throw new Reject('There was nothing to say.')
    if (this.now() - this.#spokeAt < BREATH) throw new Reject('Take a breath before you say more.')
    this.#spokeAt = this.now()
    return amend(said)
  }

  override async collect(gem: Gem | null): Promise<number> {
    // A gem that somebody else took a moment ago arrives as null.
    if (!gem) throw new Reject('Somebody was faster.')
    if (distance(this, gem) > REACH) throw new Reject('That is too far away.')
    const score = this.score + WORTH[gem.kind]
    gem.delete()
    this.send.setScore(score)
    return score
  }

  override setScore(score: number) {
    super.setScore(score)
    this.onScore()
  }
}

/** Who comes in, as what, and where. @throws Reject for a name that will not do. */
function login(credentials: { name?: unknown; colour?: unknown } | null, chance: Chance): Account {
  const name = typeof credentials?.name === 'string' ? credentials.name.replace(/[\s\p{C}]+/gu, ' ').trim() : ''
  if (name === '' || [...name].length > 16) throw new Reject('Please choose a name of 1 to 16 characters.')
  const colour = Number.isInteger(credentials?.colour) ? Math.abs(credentials?.colour as number) % COLOURS : 0
  const middle = WORLD_SIZE / 2
  const spawn = {
    x: Math.round(between(chance, middle - 260, middle + 260)),
    y: Math.round(between(chance, middle - 200, middle + 200)),
  }
  return { zone: zoneAt(spawn), data: { name, colour, spawn } satisfies Player }
}

/** Options for `createServer`, or for a `World` in a test. */
export function arenaOptions(chance: Chance): Pick<ServerOptions, 'classes' | 'avatar' | 'follow' | 'login'> {
  return {
    classes: [ServerAvatar, Gem, Board],
    avatar: ServerAvatar,
    // Clients watch nine zones and the lobby, not only the one that their avatar is in.
    follow: false,
    login: credentials => login(credentials, chance),
  }
}

/** Fills a running server with life. @param now gives ms. */
export function populate(server: Server, chance: Chance, now: () => number): void {
  const board = server.create(Board, it => it.send.show(0, []), { zone: LOBBY })
  for (let zone = 0; zone < ZONES * ZONES; zone++) for (let i = 0; i < GEMS_PER_ZONE; i++) plant(server, zone, chance)

  const welcome = (avatar: ServerAvatar): void => {
    const { spawn } = avatar.player
    avatar.now = now
    avatar.pace = new Pace(SPEED, now)
    avatar.send.moveTo(spawn.x, spawn.y)
    avatar.onScore = rank
    watchAround(avatar)
  }
  const rank = (): void => {
    const avatars = [...server.clients.values()].flatMap(({ avatar }) =>
      avatar instanceof ServerAvatar ? [avatar] : [],
    )
    const best = avatars.filter(avatar => avatar.score > 0).sort((a, b) => b.score - a.score)
    const leaders = best.slice(0, 5).map(({ player: { name, colour }, score }) => ({ name, colour, score }))
    board.send.show(server.clients.size, leaders)
  }

  server.on('create', ({ object }) => {
    if (object instanceof ServerAvatar) welcome(object)
  })
  server.on('zone', ({ object }) => {
    if (object instanceof ServerAvatar) watchAround(object)
  })
  server.on('delete', ({ object }) => {
    if (object instanceof Gem) plant(server, zoneAt(object), chance)
  })
  server.on('connect', rank)
  server.on('close', rank)
}

/** An avatar's client sees the zone that the avatar is in and those around it. */
function watchAround(avatar: ServerAvatar): void {
  if (avatar.zone !== null) (avatar.owner as Client).zones.set([...zonesAround(avatar.zone), LOBBY])
}

function plant(server: Server, zone: number, chance: Chance): void {
  const corner = cornerOf(zone)
  const at = (from: number): number => Math.round(from + between(chance, 50, ZONE_SIZE - 50))
  const { x, y } = inside({ x: at(corner.x), y: at(corner.y) })
  server.create(Gem, gem => gem.send.lie(x, y, pick(chance, KINDS)), { zone })
}
