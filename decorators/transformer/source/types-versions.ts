/** `typesVersions` of a package.json: whether the compilers of today take such a range. */

/** The compilers that programs are checked with today. A range that tells them apart cannot be decided. */
const compilers: readonly number[] = [5.9, 6, 7]

/** The first of the ranges that they take, -1 for none, undefined where they differ. */
export function rangeInUse(ranges: readonly string[]): number | undefined {
  const found = compilers.map(version => ranges.findIndex(range => takes(range, version)))
  return found.every(index => index === found[0]) ? found[0] : undefined
}

function takes(range: string, version: number): boolean {
  return range.split('||').some(part =>
    part
      .trim()
      .replace(/([<>]=?|[~^=])\s+/g, '$1')
      .split(/\s+/)
      .every(comparator => fits(comparator, version)),
  )
}

function fits(comparator: string, version: number): boolean {
  const [, operator, major, minor] = /^([<>]=?|[~^=]?)v?(\d+|[*xX])?(?:\.(\d+|[*xX]))?/.exec(comparator)!
  if (!major || /\D/.test(major)) return true
  const isOpen = minor === undefined || /\D/.test(minor)
  const bound = Number(major) + (isOpen ? 0 : Number(minor) / 10)
  switch (operator) {
    case '>=':
      return version >= bound
    case '<':
      return version < bound
    case '>':
      return isOpen ? version >= bound + 1 : version > bound
    case '<=':
      return isOpen ? version < bound + 1 : version <= bound
    case '^':
      return version >= bound && version < Number(major) + 1
    default:
      return isOpen ? Math.floor(version) === bound : version === bound
  }
}
