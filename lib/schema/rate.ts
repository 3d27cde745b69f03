/** How often a client may call a field: the option `rate` of `@field`, as it is written and as it is counted. */

/** The length of one unit, ms. */
const units = { s: 1000, min: 60_000, h: 3_600_000 } as const

export type RateUnit = keyof typeof units

/** `'10/s'`, `'100/min'`, `'5/h'`; or in parts, with the calls that may come at once. */
export type Rate =
  | `${number}/${RateUnit}`
  | {
      /** A whole number, 1 to 1,000,000. */
      readonly calls: number
      readonly per: RateUnit
      /** Calls that pass at once where none came before. A whole number, at least 1. Default: twice `calls`. */
      readonly burst?: number
    }

/** A rate as it is counted. */
export interface RateLimit {
  /** What one call costs: ms until as much is saved up again. */
  readonly price: number
  /** What can be saved up, ms. */
  readonly burst: number
}

const most = 1_000_000

/** The rate, or a sentence that says why it is none. Takes anything: in plain JavaScript nobody has checked it. */
export function readRate(rate: unknown): RateLimit | string {
  const parts = typeof rate === 'string' ? fromText(rate) : rate
  if (!parts || typeof parts !== 'object') return noRate(rate)
  const { calls, per, burst = 2 * (calls as number) } = parts as { calls?: unknown; per?: unknown; burst?: unknown }
  const length = Object.hasOwn(units, per as PropertyKey) ? units[per as RateUnit] : undefined
  if (length === undefined || !isCount(calls, most)) return noRate(rate)
  if (!isCount(burst, 2 * most))
    return `its burst ${typeof burst === 'number' ? burst : shown(burst)} is none: write a whole number from 1 to ${2 * most}.`
  return { price: length / calls, burst: (burst * length) / calls }
}

/** The rate as people write it. */
export function rateText(rate: Rate): string {
  return typeof rate === 'string' ? rate : `${rate.calls}/${rate.per}`
}

function fromText(text: string): object | null {
  const [, calls, per] = /^(\d{1,9})\/(\w+)$/.exec(text) ?? []
  return per === undefined ? null : { calls: Number(calls), per }
}

const isCount = (value: unknown, greatest: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= greatest

const noRate = (rate: unknown): string =>
  `its rate ${shown(rate)} is none: write '10/s', '100/min', '5/h', or { calls: 10, per: 's', burst: 20 }.`

/** As it would be written in the source. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(JSON.stringify(value) ?? value)
  const parts = Object.entries(value).map(([name, part]) => `${name}: ${typeof part === 'number' ? part : shown(part)}`)
  return parts.length > 0 ? `{ ${parts.join(', ')} }` : '{}'
}
