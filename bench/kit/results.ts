/** What was measured, when and where: docs/benchmarks/results.json, of which the results page is made. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Machine } from './machine.ts'
import type { Table } from './table.ts'

export interface Result {
  readonly id: string
  readonly title: string
  /** ISO 8601. */
  readonly at: string
  readonly quick: boolean
  readonly machine: Machine
  readonly tables: readonly Table[]
}

/** Results in the order of `ids`; those of suites that exist no more are left out. */
export function merge(older: readonly Result[], newer: readonly Result[], ids: readonly string[]): readonly Result[] {
  const found = new Map([...older, ...newer].map(result => [result.id, result]))
  return ids.flatMap(id => found.get(id) ?? [])
}

export function readResults(file: string): readonly Result[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { suites: readonly Result[] }).suites
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Figures to six digits: more are noise, and would make every diff unreadable. */
export function writeResults(file: string, results: readonly Result[]): void {
  mkdirSync(dirname(file), { recursive: true })
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(6)) : value
  writeFileSync(file, `${JSON.stringify({ suites: results }, short, 2)}\n`)
}
