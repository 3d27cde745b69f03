/** Stays connected: says when the server goes away, and comes back by itself when it is there again. */
import { Rejected, SchemaMismatch } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { Board } from '../model.ts'
import { OwnAvatar, SeenAvatar, SeenGem } from './avatars.ts'
import { keyOf } from './key.ts'

export interface Player {
  readonly name: string
  readonly colour: number
}

export type ArenaClient = Client<OwnAvatar>

export type ConnectionState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly again: boolean }
  | { readonly phase: 'playing'; readonly client: ArenaClient }
  /** `retryAt` on the clock of performance.now(); null where trying again by itself would not help. */
  | { readonly phase: 'lost'; readonly why: string; readonly retryAt: number | null; readonly outdated: boolean }
  | { readonly phase: 'refused'; readonly why: string }

/** The first wait before a new attempt, and the longest, ms. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 8000

export class Connection {
  state: ConnectionState = { phase: 'idle' }
  /** What the server tells everybody who comes in. */
  motd = ''
  readonly #url: string
  readonly #changed: (state: ConnectionState) => void
  #login: (Player & { readonly key: string }) | null = null
  #attempts = 0
  #timer = 0

  constructor(url: string, changed: (state: ConnectionState) => void) {
    this.#url = url
    this.#changed = changed
    // A device that gets its network back need not wait for the end of the pause.
    addEventListener('online', () => this.state.phase === 'lost' && this.state.retryAt !== null && this.retry())
  }

  /** Comes in as this player, now and after every loss. */
  open(player: Player): void {
    this.#login = { ...player, key: keyOf(player.name) }
    this.#attempts = 0
    this.#try()
  }

  /** Tries now instead of later. */
  retry(): void {
    if (this.state.phase === 'lost') this.#try()
  }

  async #try(): Promise<void> {
    clearTimeout(this.#timer)
    this.#set({ phase: 'connecting', again: this.#attempts > 0 })
    try {
      const client = await connect(this.#url, {
        classes: [SeenAvatar, SeenGem, Board],
        owned: [OwnAvatar],
        avatar: OwnAvatar,
        login: this.#login,
        on: {
          hello: ({ motd }) => {
            this.motd = motd
          },
          close: ({ reason, text }) => this.state.phase === 'playing' && this.#ended(reason, text),
        },
      })
      this.#attempts = 0
      this.#set({ phase: 'playing', client })
      client.ping().catch(() => {})
    } catch (error) {
      if (error instanceof Rejected) this.#set({ phase: 'refused', why: error.reason })
      else if (error instanceof SchemaMismatch)
        this.#set({ phase: 'lost', why: 'There is a new version of the game.', retryAt: null, outdated: true })
      else this.#lost('The server does not answer.', true)
    }
  }

  #ended(reason: string, text: string): void {
    // Two tabs that both came back by themselves would throw each other out for ever.
    if (reason === 'double-login') this.#lost('You have gone on under this name in another tab.', false)
    else this.#lost(text, reason !== 'kicked')
  }

  #lost(why: string, again: boolean): void {
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++)
    // Spread out: after a restart all players would else knock at one moment.
    const pause = wait * (0.75 + Math.random() * 0.5)
    if (again) this.#timer = window.setTimeout(() => this.#try(), pause)
    this.#set({ phase: 'lost', why, retryAt: again ? performance.now() + pause : null, outdated: false })
  }

  #set(state: ConnectionState): void {
    this.state = state
    this.#changed(state)
  }
}
