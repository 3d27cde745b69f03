/** Says in what two games differ: the contract, and everything else that was seen. */
import type { Outcome } from './recipe.ts'

/** Null: none. */
export interface Differences {
  /** Of the hashes that both sides told, and of the schema behind them. */
  readonly hash: string | null
  /** Of the logs, and of the frames. */
  readonly behaviour: string | null
}

export function compare(found: Outcome, expected: Outcome): Differences {
  return {
    hash: first(contractOf(found), contractOf(expected), ''),
    behaviour: first(behaviourOf(found), behaviourOf(expected), ''),
  }
}

const contractOf = ({ server: { hash, hashesOfClients, outline } }: Outcome): unknown => ({
  hash,
  hashesOfClients,
  outline: JSON.parse(outline || 'null'),
})
const behaviourOf = ({ server: { log, wire }, client }: Outcome): unknown => ({ server: log, ...client, wire })

/** The place of the first difference, with both values. */
function first(found: unknown, expected: unknown, path: string): string | null {
  if (Object.is(found, expected)) return null
  if (!isObject(found) || !isObject(expected)) return `${path}: ${text(found)} instead of ${text(expected)}`
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const difference = first(found[key], expected[key], path ? `${path}.${key}` : key)
    if (difference) return difference
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string {
  const written = JSON.stringify(value) ?? 'nothing'
  return written.length > 300 ? `${written.slice(0, 300)}…` : written
}
