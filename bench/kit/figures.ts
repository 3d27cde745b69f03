/** How figures are written for people. */
import type { Figure, Goal } from './table.ts'

/** So many significant digits, never as an exponent; digits before the point are all kept. */
export function numeral(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–'
  const [whole, part] = withDigits(value, digits).split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? grouped : `${grouped}.${part}`
}

function withDigits(value: number, digits: number): string {
  if (value === 0) return '0'
  const places = digits - 1 - Math.floor(Math.log10(Math.abs(value)))
  return value.toFixed(Math.min(Math.max(places, 0), 4))
}

/** The median, and the spread where there is one. */
export function written({ median, min, max }: Figure, unit = '', digits = 3): string {
  const [middle, least, most] = [median, min, max].map(value => numeral(value, digits))
  const spread = least === most ? '' : ` (${least} to ${most})`
  return `${middle}${unit && ` ${unit}`}${spread}`
}

/** Whether the median keeps the bound. */
export function isMet({
  figure,
  atMost = Number.POSITIVE_INFINITY,
  atLeast = Number.NEGATIVE_INFINITY,
}: Goal): boolean {
  return figure.median <= atMost && figure.median >= atLeast
}

export function bound({ atMost, atLeast, unit }: Goal): string {
  const value = `${(atMost ?? atLeast)!.toLocaleString('en')}${unit && ` ${unit}`}`
  return atMost === undefined ? `at least ${value}` : `at most ${value}`
}
