/** What a game may keep with an account. */
import { UsageError } from '../../base/errors.ts'

export type Data = Readonly<Record<string, unknown>>

/** @throws UsageError for what would come back from the store as something else. */
export function checkData(data: Data): void {
  const isJson = (value: unknown, depth = 0): boolean => {
    // A cycle has no end.
    if (depth > 100) return false
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
    if (typeof value === 'number') return Number.isFinite(value)
    if (Array.isArray(value)) return value.every(item => isJson(item, depth + 1))
    const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined
    if (prototype !== Object.prototype && prototype !== null) return false
    return Object.values(value as object).every(item => isJson(item, depth + 1))
  }
  if (!isJson(data) || Array.isArray(data) || typeof data !== 'object' || data === null)
    throw new UsageError('The data of an account are a plain object of what JSON holds: text, numbers, lists, objects.')
}
