/** Players that play by themselves: real clients, with everything that belongs to one but eyes and hands. */
import type { Client } from 'fieldcast/client'
import { between, type Chance, pick } from './chance.ts'
import { type Avatar, Gem } from './model.ts'
import { COLOURS, distance, inside, type Point, REACH, SPEED, WORLD_SIZE } from './world.ts'

const NAMES =
  'Ada Bo Cleo Dax Edda Finn Gus Hana Ivo Juno Kit Lou Mika Nell Otto Pia Quinn Rosa Sven Tess Uma Vic Wren Xaver Yuki Zoe'.split(
    ' ',
  )
const WORDS = [
  'Hello!',
  'Nice hat.',
  'A ruby! Over there!',
  'Which way to the snow?',
  'Lovely day for a walk.',
  'Race you to the corner.',
  'Hm.',
  'So many gems.',
  '♪ la la la ♪',
]

/** What a bot logs in with: at each start the same, so that it is who it was. */
export function botLogin(number: number): { name: string; colour: number } {
  const round = Math.floor(number / NAMES.length)
  return {
    name: NAMES[number % NAMES.length]! + (round > 0 ? ` ${round + 1}` : ''),
    colour: (number * 7) % COLOURS,
  }
}

export class Bot {
  readonly client: Client<Avatar>
  readonly #chance: Chance
  #at: Point
  #target: Point
  #speed: number
  #rest: number
  #untilLook = 0
  #untilTalk: number

  constructor(client: Client<Avatar>, chance: Chance) {
    const { x, y } = client.avatar
    this.client = client
    this.#chance = chance
    this.#at = this.#target = { x, y }
    this.#speed = SPEED * between(chance, 0.45, 0.9)
    this.#rest = between(chance, 0, 1)
    this.#untilTalk = between(chance, 3, 60)
  }

  /** Lives on for some seconds; best called as often as the server ticks. */
  step(seconds: number): void {
    if (!this.client.connected) return
    this.#walk(seconds)
    this.#look(seconds)
    this.#talk(seconds)
  }

  #walk(seconds: number): void {
    const { avatar } = this.client
    // The server's word counts: where it has put the avatar elsewhere, the bot goes on from there.
    if (distance(avatar, this.#at) > 2) this.#at = { x: avatar.x, y: avatar.y }
    if (this.#rest > 0) {
      this.#rest -= seconds
      if (this.#rest <= 0) this.#target = this.#somewhere()
      return
    }
    const left = distance(this.#at, this.#target)
    const part = Math.min(1, (this.#speed * seconds) / (left || 1))
    this.#at = {
      x: this.#at.x + (this.#target.x - this.#at.x) * part,
      y: this.#at.y + (this.#target.y - this.#at.y) * part,
    }
    avatar.send.moveTo(Math.round(this.#at.x), Math.round(this.#at.y))
    if (part === 1) this.#rest = between(this.#chance, 0.2, 2.5)
  }

  /** Takes what lies at its feet, and sometimes goes for what it sees. */
  #look(seconds: number): void {
    this.#untilLook -= seconds
    if (this.#untilLook > 0) return
    this.#untilLook = 0.25
    const { avatar, objects } = this.client
    for (const gem of objects.of(Gem)) {
      const away = distance(gem, avatar)
      if (away < REACH) avatar.send.collect(gem).catch(() => {})
      else if (away < 160 && this.#chance() < 0.1) this.#target = { x: gem.x, y: gem.y }
    }
  }

  #talk(seconds: number): void {
    this.#untilTalk -= seconds
    if (this.#untilTalk > 0) return
    this.#untilTalk = between(this.#chance, 20, 90)
    this.client.avatar.send.say(pick(this.#chance, WORDS))
  }

  /** Anywhere, but more often near the middle, where the people are. */
  #somewhere(): Point {
    const far = WORLD_SIZE * (this.#chance() < 0.8 ? 0.2 : 0.48)
    const middle = WORLD_SIZE / 2
    return inside({ x: middle + between(this.#chance, -far, far), y: middle + between(this.#chance, -far, far) })
  }
}
