/**
 * One direction of one connection. What is sent waits for the line (bandwidth), then travels (latency, jitter, loss). Frames arrive in order: one that is lost
 * is sent again, and those behind it wait. Datagrams take what way they find.
 */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Random } from '../../lib/base/random.ts'
import { Losses } from './loss.ts'
import type { Conditions } from './one-way.ts'

/** What all lanes of a conditioner share. */
export interface Region {
  readonly clock: Clock
  readonly random: Random
  /** Until then nothing passes, on the clock. */
  frozenUntil: number
  readonly raw: boolean
}

interface Waiting {
  readonly size: number
  readonly since: number
  readonly arrive: () => void
}

interface Travelling {
  readonly due: number
  readonly arrive: () => void
}

/** Bytes of a frame that fit into one packet. */
const PACKET = 1200
/** A packet is lost at most so often in a row. */
const MOST_TRIES = 8
/** What a packet is held up for, ms, at least, where others are to overtake it. */
const HOLD = 20

/** How long a packet is on its way, ms. */
export function travel({ latency, jitter, reorder }: Required<Conditions>, random: Random): number {
  const way = jitter > 0 ? latency + random.number() * jitter : latency
  if (reorder === 0 || random.number() >= reorder) return way
  return way + Math.max(HOLD, jitter) * (0.5 + random.number())
}

/** How long `count` packets are held up by those of them that are lost, ms; `pause` until the first is sent again, and twice that each further time. */
export function resent(count: number, losses: Losses, rate: number, pause: number, random: Random): number {
  let isLost = false
  for (let packet = 0; packet < count; packet++) if (losses.next()) isLost = true
  let sum = 0
  // By then the burst is over: what is sent again is lost by itself.
  for (let tries = 0; isLost && tries < MOST_TRIES; tries++) {
    sum += pause * 2 ** tries
    isLost = random.number() < rate
  }
  return sum
}

export class Lane {
  /** Bytes of frames that wait for the line. */
  waiting = 0
  readonly #region: Region
  readonly #conditions: Required<Conditions>
  readonly #losses: Losses
  readonly #resendMs: number
  #queue: Waiting[] = []
  #flight: Travelling[] = []
  readonly #datagrams = new Set<Timer>()
  /** When the line has carried all that left so far: of everything, and of datagrams alone, which go before frames. */
  #free = 0
  #datagramsFree = 0
  #lastDue = 0
  #timer: Timer | null = null
  #isSoon = false

  /** @param resendMs until a lost packet is sent again: about a round trip. */
  constructor(region: Region, conditions: Required<Conditions>, resendMs: number) {
    this.#region = region
    this.#conditions = conditions
    this.#losses = new Losses(region.random, conditions.loss, conditions.burst)
    this.#resendMs = resendMs
  }

  /** Frames and datagrams that are under way. */
  get underway(): number {
    return this.#queue.length + this.#flight.length + this.#datagrams.size
  }

  /** Has `arrive` run when so many bytes have come to the other end, after all that was sent before. Never from within. */
  send(size: number, arrive: () => void): void {
    this.waiting += size
    this.#queue.push({ size, since: this.#region.clock.now(), arrive })
    if (this.#isSoon || this.#queue.length > 1) return
    this.#isSoon = true
    this.#region.clock.soon(this.#turn)
  }

  /** The same without order, at most once, or not at all. */
  datagram(size: number, arrive: () => void): void {
    const { clock, random, frozenUntil, raw } = this.#region
    const { bandwidth, queue, duplicates } = this.#conditions
    const now = clock.now()
    if (now < frozenUntil) return
    const isLost = this.#losses.next()
    const start = Math.max(now, this.#datagramsFree)
    if (((start - now) / 1000) * bandwidth + size > queue && start > now) return
    const copies = duplicates > 0 && random.number() < duplicates ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const leaves = this.#carry(size, now)
      if (copy === 0 ? isLost : !raw || this.#losses.next()) continue
      const timer = clock.after(leaves - now + travel(this.#conditions, random), () => {
        this.#datagrams.delete(timer)
        if (clock.now() >= this.#region.frozenUntil) arrive()
      })
      this.#datagrams.add(timer)
    }
  }

  /** Forgets all that is under way. */
  drop(): void {
    this.waiting = 0
    this.#queue = []
    this.#flight = []
    this.#lastDue = 0
    this.#timer?.cancel()
    this.#timer = null
    for (const timer of this.#datagrams) timer.cancel()
    this.#datagrams.clear()
  }

  /** Puts a datagram before the frames that wait; gives when it leaves. */
  #carry(size: number, now: number): number {
    const { bandwidth } = this.#conditions
    const ms = (size / bandwidth) * 1000
    this.#datagramsFree = Math.max(now, this.#datagramsFree) + ms
    const [next] = this.#queue
    this.#free = (next ? this.#starts(next) : Math.max(now, this.#free)) + ms
    return this.#datagramsFree
  }

  #starts({ since }: Waiting): number {
    return Math.max(since, this.#free, this.#region.frozenUntil)
  }

  #leaves(item: Waiting): number {
    return this.#starts(item) + (item.size / this.#conditions.bandwidth) * 1000
  }

  readonly #turn = (): void => {
    const { clock } = this.#region
    this.#isSoon = false
    this.#timer?.cancel()
    this.#timer = null
    try {
      while (this.#queue[0] && this.#leaves(this.#queue[0]) <= clock.now()) this.#leave(this.#queue.shift()!)
      while (this.#flight[0] && this.#flight[0].due <= clock.now() && clock.now() >= this.#region.frozenUntil)
        this.#flight.shift()!.arrive()
    } finally {
      if (!this.#timer && !this.#isSoon) this.#wait()
    }
  }

  #leave(item: Waiting): void {
    const { random } = this.#region
    const { size, arrive } = item
    const leaves = this.#leaves(item)
    this.#free = leaves
    this.waiting -= size
    const packets = Math.max(1, Math.ceil(size / PACKET))
    const late = resent(packets, this.#losses, this.#conditions.loss, this.#resendMs, random)
    this.#lastDue = Math.max(this.#lastDue, leaves + travel(this.#conditions, random) + late)
    this.#flight.push({ due: this.#lastDue, arrive })
  }

  #wait(): void {
    const [waiting] = this.#queue
    const [travelling] = this.#flight
    if (!waiting && !travelling) return
    const next = Math.min(
      waiting ? this.#leaves(waiting) : Number.POSITIVE_INFINITY,
      travelling ? travelling.due : Number.POSITIVE_INFINITY,
    )
    const { clock, frozenUntil } = this.#region
    this.#timer = clock.after(Math.max(0, Math.max(next, frozenUntil) - clock.now()), this.#turn)
  }
}
