/** What the transform throws: always with the place in the source, and with what to write instead. */
import { FieldcastError } from '../../lib/base/errors.ts'

/** A span of a source file. */
export interface Place {
  readonly file: string
  readonly source: string
  /** Offsets into `source`. */
  readonly start: number
  readonly end: number
}

/** A parameter's type cannot be decided or cannot be sent, or a decorator stands where it cannot serve. */
export class UnresolvedType extends FieldcastError {
  readonly code = 'unresolved-type'
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number
  /** What is wrong, in one sentence that names the field or class. */
  readonly what: string
  /** What to write instead. */
  readonly hint: string
  /** Behind a getter: an uncaught error is printed with its properties, and this holds the whole source. */
  readonly #place: Place
  /** The files that were read until here: an edit of any of them may mend it. */
  dependencies: readonly string[] = []

  /**
   * @param what what is wrong, without a full stop.
   * @param subject the field or class that needs it, where that is known.
   */
  constructor(place: Place, what: string, hint: string, subject?: string) {
    const { line, column, text } = locate(place)
    const gutter = `${line}`
    const length = Math.max(1, Math.min(place.end - place.start, text.length - column + 1))
    const sentence = `${subject ? `${subject}: ` : ''}${what}.`
    super(
      [
        `${place.file}:${line}:${column}`,
        sentence,
        `  ${gutter} | ${text}`,
        `  ${' '.repeat(gutter.length)} | ${text.slice(0, column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(length)}`,
        hint,
      ].join('\n'),
    )
    this.file = place.file
    this.line = line
    this.column = column
    this.what = sentence
    this.hint = hint
    this.#place = place
  }

  get place(): Place {
    return this.#place
  }
}

/** Thrown for a type parameter that only a subclass fills. */
export class OpenParameter extends UnresolvedType {}

function locate({ source, start }: Place): { line: number; column: number; text: string } {
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', start)
  return {
    line: source.slice(0, from).split('\n').length,
    column: start - from + 1,
    text: source.slice(from, to < 0 ? undefined : to).replace(/\r$/, ''),
  }
}
