/** A class that writes down each call that is delivered to its objects. */
import type { NetworkObject } from 'fieldcast'
import { Den, Monster, Player } from './model.js'
import { show } from './text.js'

type Type<T extends NetworkObject> = new () => T
type Handler = (this: NetworkObject, ...args: unknown[]) => unknown

const ofPlayer = [
  'integers',
  'others',
  'plain',
  'lists',
  'tuples',
  'parameters',
  'unions',
  'enums',
  'objects',
  'combined',
  'recursive',
  'imported',
  'helpers',
  'references',
  'byHand',
  'say',
  'shift',
  'buy',
  'recite',
]
const names = { Player: ofPlayer, Monster: [...ofPlayer, 'target'], Den: ['put', 'clearAll'] }

/** The kind of an object, whatever a minifier calls its class. */
export function kindOf(object: NetworkObject): 'Monster' | 'Player' | 'Den' {
  return object instanceof Monster ? 'Monster' : object instanceof Player ? 'Player' : 'Den'
}

export function observed<T extends NetworkObject>(
  type: Type<T>,
  kind: keyof typeof names,
  log: (line: string) => void,
): Type<T> {
  const Base = type as Type<NetworkObject>
  class Observed extends Base {}
  for (const name of names[kind]) {
    const inner = (Base.prototype as unknown as Record<string, Handler>)[name]!
    const handler: Handler = function (...args) {
      log(`${kindOf(this)} ${this.id} ${name}(${args.map(show).join(', ')})`)
      const result = inner.apply(this, args)
      if (name === 'parameters') log(`heard ${show((this as Player).heard)}`)
      return result
    }
    Object.defineProperty(Observed.prototype, name, { value: handler, configurable: true, writable: true })
  }
  return Observed as unknown as Type<T>
}

/** The three classes of the game, observed. */
export function cast(log: (line: string) => void): { Player: Type<Player>; Monster: Type<Monster>; Den: Type<Den> } {
  return {
    Player: observed(Player, 'Player', log),
    Monster: observed(Monster, 'Monster', log),
    Den: observed(Den, 'Den', log),
  }
}
