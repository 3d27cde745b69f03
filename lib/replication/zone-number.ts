/** What both sides take for a zone. */
import { UsageError } from '../base/errors.ts'

/** The zones without repetition. @throws UsageError for what is no zone. */
export function zoneList(zones: number | Iterable<number>): number[] {
  const list = [...new Set(typeof zones === 'number' ? [zones] : zones)]
  for (const zone of list) checkZone(zone)
  return list
}

/** @throws UsageError for what is no zone. */
export function checkZone(zone: number): void {
  if (zone >>> 0 !== zone) throw new UsageError(`A zone is a whole number from 0 to 4294967295, not ${zone}.`)
}
