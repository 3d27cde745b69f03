/** The server's side of the arena: what avatars may do, and what lies about in the zones. */
import { Reject } from 'fieldcast'
import { amend, type Client, type Server, type ServerOptions, type Store } from 'fieldcast/server'
import { between, type Chance, pick } from './chance.ts'
import { login, type Player } from './login.ts'
import { Avatar, Board, Gem, type GemKind, type Leader, WORTH } from './model.ts'
import { Pace } from './pace.ts'
import {
  cornerOf,
  distance,
  inside,
  isInside,
  LOBBY,
  REACH,
  SPEED,
  START,
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

export class ServerAvatar extends Avatar {
  now!: () => number
  pace!: Pace
  #spokeAt = Number.NEGATIVE_INFINITY

  /** Called when its score has changed. */
  onScore: () => void = () => {}

  /** Gives `setLook` its arguments as long as nobody has called it: the field is Required. */
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

/** Options for `createServer`, or for a `World` in a test. @param store where the world is kept. */
export function arenaOptions(
  store: Store,
): Pick<ServerOptions, 'classes' | 'avatar' | 'zone' | 'follow' | 'login' | 'store' | 'storage'> {
  return {
    classes: [ServerAvatar, Gem, Board],
    avatar: ServerAvatar,
    // Of those who come for the first time. Others come back to where they were.
    zone: zoneAt(START),
    // Clients watch nine zones and the lobby, not only the one that their avatar is in.
    follow: false,
    login: (credentials, { address }) => login(credentials, address),
    store,
    // Several worlds may share a database.
    storage: { shard: 'arena' },
  }
}

/** Fills a running server with life: what the store has comes back, the rest is made. @param now gives ms. */
export async function populate(server: Server, chance: Chance, now: () => number): Promise<void> {
  let board: Board | null = null
  const count = (): void => board?.send.count(server.clients.size)
  const rank = (): void => board?.send.honour(bestOf(server, board.leaders))
  const welcome = (avatar: ServerAvatar): void => {
    const { name, colour } = avatar.player
    avatar.now = now
    avatar.pace = new Pace(SPEED, now)
    avatar.onScore = rank
    if (avatar.name !== name || avatar.colour !== colour) avatar.send.setLook(name, colour)
    // A newcomer, or one whose place has been cut off from the world since.
    if (!isInside(avatar)) avatar.send.moveTo(near(START.x, chance), near(START.y, chance))
    watchAround(avatar)
  }
  server.on('create', ({ object }) => {
    if (object instanceof ServerAvatar) welcome(object)
  })
  server.on('zone', ({ object }) => {
    if (object instanceof ServerAvatar) watchAround(object)
  })
  server.on('connect', () => {
    count()
    rank()
  })
  server.on('close', count)

  board = await hangBoard(server)
  count()
  rank()
  await loadGems(server)
  server.on('delete', ({ object }) => {
    if (object instanceof Gem) plant(server, object.zone!, chance)
  })
  const gems = server.objects.of(Gem)
  for (let zone = 0; zone < ZONES * ZONES; zone++) {
    const there = gems.filter(gem => gem.zone === zone).length
    for (let i = there; i < GEMS_PER_ZONE; i++) plant(server, zone, chance)
  }
}

/** An avatar's client sees the zone that the avatar is in and those around it. */
function watchAround(avatar: ServerAvatar): void {
  if (avatar.zone !== null) (avatar.owner as Client).zones.set([...zonesAround(avatar.zone), LOBBY])
}

/** The board of the world's first start, or a new one. */
async function hangBoard(server: Server): Promise<Board> {
  const [stored] = await server.find(Board)
  const board = stored && (await server.load<Board>(stored.id, { zone: LOBBY }))
  return board ?? server.create(Board, null, { zone: LOBBY, persistent: true })
}

/** The best five of those who lead so far and those who play now. Guests do not count: their score goes when they go. */
function bestOf(server: Server, leaders: readonly Leader[]): Leader[] {
  const best = new Map(leaders.map(leader => [leader.id, leader]))
  for (const { avatar } of server.clients.values()) {
    if (!(avatar instanceof ServerAvatar) || avatar.storedId === null || avatar.score === 0) continue
    const { storedId: id, player, score } = avatar
    best.set(id, { id, ...player, score })
  }
  return [...best.values()].sort((a, b) => b.score - a.score).slice(0, 5)
}

/** Gems are found by class. `loadZone` would bring the avatars too that were last seen there, and those come with their players. */
async function loadGems(server: Server): Promise<void> {
  for (const { id } of await server.find(Gem, {}, { limit: 100_000 })) {
    const gem = await server.load<Gem>(id)
    // It may be from a time when the world was larger or cut into other zones, or lie nowhere, where its place cannot be read.
    if (gem && !(isInside(gem) && zoneAt(gem) === gem.zone)) gem.delete()
  }
}

function plant(server: Server, zone: number, chance: Chance): void {
  const corner = cornerOf(zone)
  const at = (from: number): number => Math.round(from + between(chance, 50, ZONE_SIZE - 50))
  const { x, y } = inside({ x: at(corner.x), y: at(corner.y) })
  server.create(Gem, gem => gem.send.lie(x, y, pick(chance, KINDS)), { zone, persistent: true })
}

const near = (middle: number, chance: Chance): number => Math.round(middle + between(chance, -200, 200))
