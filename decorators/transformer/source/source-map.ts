/** Joins two source maps, and moves columns, so that positions in emitted JavaScript lead to the text as it was written. */

/** The parts of a version 3 source map that matter here. */
export interface Mappings {
  readonly version: number
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[] | undefined
  readonly names: readonly string[]
  readonly mappings: string
}

/** Generated column, source line, source column; source and name are of no use with one source. */
type Segment = readonly [column: number, line: number, sourceColumn: number]

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Map([...digits].map((digit, value) => [digit, value]))

/** @param after from the last text to the middle one. @param before from the middle text to the first one; one source each. */
export function composeMaps(after: Mappings, before: Mappings): Mappings {
  const middle = decode(before.mappings)
  const lines = decode(after.mappings).map(segments =>
    segments.flatMap(([column, line, sourceColumn]): Segment[] => {
      const origin = segmentAt(middle[line], sourceColumn)
      return origin ? [[column, origin[1], origin[2]]] : []
    }),
  )
  return {
    version: 3,
    sources: before.sources,
    ...(before.sourcesContent ? { sourcesContent: before.sourcesContent } : {}),
    names: [],
    mappings: encode(lines),
  }
}

/** On one line of the generated text, `added` units took the place of `removed` ones. */
export interface Splice {
  /** From 0, like `column`, both before any splice. */
  readonly line: number
  readonly column: number
  readonly removed: number
  readonly added: number
}

/** The mappings of a text after some splices. All but the columns behind them stays as it is, names and other sources included. */
export function shiftColumns(mappings: string, splices: readonly Splice[]): string {
  const lines = mappings.split(';')
  for (const [line, text] of lines.entries()) {
    const here = splices.filter(splice => splice.line === line)
    if (here.length === 0) continue
    let before = 0
    let after = 0
    lines[line] = text
      .split(',')
      .map(segment => {
        const [delta, ...rest] = decodeNumbers(segment)
        if (delta === undefined) return segment
        before += delta
        const column = shifted(before, here)
        const moved = [column - after, ...rest].map(encodeNumber).join('')
        after = column
        return moved
      })
      .join(',')
  }
  return lines.join(';')
}

function shifted(position: number, splices: readonly Splice[]): number {
  return splices.reduce((sum, { column, removed, added }) => {
    if (position >= column + removed) return sum + added - removed
    return position > column ? sum + column - position : sum
  }, position)
}

function segmentAt(segments: readonly Segment[] | undefined, column: number): Segment | undefined {
  return segments?.findLast(([start]) => start <= column)
}

export function decode(mappings: string): Segment[][] {
  let line = 0
  let sourceColumn = 0
  return mappings.split(';').map(text => {
    let column = 0
    return text.split(',').flatMap((part): Segment[] => {
      const numbers = decodeNumbers(part)
      column += numbers[0] ?? 0
      if (numbers.length < 4) return []
      line += numbers[2]!
      sourceColumn += numbers[3]!
      return [[column, line, sourceColumn]]
    })
  })
}

function encode(lines: readonly (readonly Segment[])[]): string {
  let lastLine = 0
  let lastSource = 0
  return lines
    .map(segments => {
      let lastColumn = 0
      return segments
        .map(([column, line, sourceColumn]) => {
          const text = [column - lastColumn, 0, line - lastLine, sourceColumn - lastSource].map(encodeNumber).join('')
          lastColumn = column
          lastLine = line
          lastSource = sourceColumn
          return text
        })
        .join(',')
    })
    .join(';')
}

function decodeNumbers(text: string): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const digit of text) {
    const bits = values.get(digit) ?? 0
    value |= (bits & 31) << shift
    shift += 5
    if (bits & 32) continue
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1)
    value = shift = 0
  }
  return numbers
}

function encodeNumber(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1
  let text = ''
  do {
    const bits = rest & 31
    rest >>>= 5
    text += digits[rest > 0 ? bits | 32 : bits]
  } while (rest > 0)
  return text
}
