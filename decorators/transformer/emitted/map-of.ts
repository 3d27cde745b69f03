/** The source map of a JavaScript file: beside it or inside, where it leads, and its text after the file has changed. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../../lib/base/errors.ts'
import { type Splice, shiftColumns } from '../source/source-map.ts'

interface Json {
  mappings: string
  sources: readonly (string | null)[]
  sourceRoot?: string
}

export interface EmittedMap {
  /** Undefined for a map inside the file. */
  readonly file: string | undefined
  readonly text: string
  /** Absolute paths; undefined for what is no file. */
  readonly sources: readonly (string | undefined)[]
  /** The text of the map after some splices; for a map inside the file, the comment that holds it. */
  after(splices: readonly Splice[]): string
}

const comment = /^\/\/# sourceMappingURL=(\S+)\s*$/gm
const inline = /^data:application\/json;(?:charset=[^;,]+;)?base64,/

/** @throws UsageError for a map that cannot be read. */
export function mapOf(file: string, code: string): EmittedMap | undefined {
  const found = lastComment(code)
  if (found && inline.test(found.url)) {
    const [head] = inline.exec(found.url)!
    const text = Buffer.from(found.url.slice(head.length), 'base64').toString()
    const json = parsed(text, `in ${file}`)
    return {
      file: undefined,
      text,
      sources: sourcesOf(json, file),
      after: splices => `${head}${Buffer.from(shiftedText(json, splices)).toString('base64')}`,
    }
  }
  // With mapRoot the map is to be served from elsewhere: its sources are seen from there, and tsc writes it beside the file all the same.
  const served = found && beside(file, decoded(found.url))
  const path = found && [served, `${file}.map`].find(each => each !== undefined && existsSync(each))
  if (!path) return undefined
  const text = statSync(path).isFile() ? readFileSync(path, 'utf8') : ''
  const json = parsed(text, path)
  return { file: path, text, sources: sourcesOf(json, served ?? path), after: splices => shiftedText(json, splices) }
}

/** The code with another map inside. */
export function withInlineUrl(code: string, url: string): string {
  const { start, url: former } = lastComment(code)!
  return code.slice(0, start) + url + code.slice(start + former.length)
}

/** Where the URL of the last such comment starts. */
function lastComment(code: string): { readonly start: number; readonly url: string } | undefined {
  const last = [...code.matchAll(comment)].at(-1)
  return last && { start: last.index + last[0].indexOf(last[1]!), url: last[1]! }
}

function shiftedText(json: Json, splices: readonly Splice[]): string {
  return JSON.stringify({ ...json, mappings: shiftColumns(json.mappings, splices) })
}

function parsed(text: string, file: string): Json {
  try {
    const json = JSON.parse(text) as Json
    if (typeof json.mappings === 'string' && Array.isArray(json.sources)) return json
  } catch {
    // Said below.
  }
  throw new UsageError(`The source map ${file} cannot be read. Run tsc again, then fieldcast patch.`)
}

function sourcesOf({ sources, sourceRoot }: Json, file: string): (string | undefined)[] {
  return sources.map(source => {
    if (source === null) return undefined
    const root = sourceRoot ? `${sourceRoot.replace(/\/$/, '')}/` : ''
    return beside(file, isUrl(source) || isAbsolute(source) ? source : root + source)
  })
}

/** The path that a URL means, seen from a file. */
function beside(file: string, url: string): string | undefined {
  if (!isUrl(url)) return resolve(dirname(file), url)
  if (!url.startsWith('file:')) return undefined
  // tsc puts the path behind the scheme as it is.
  const asItIs = fileURLToPath(url.replace(/[%#?]/g, encodeURIComponent))
  return existsSync(asItIs) ? asItIs : fileURLToPath(url)
}

/** With a scheme; a drive's letter is none. */
function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:/i.test(text)
}

/** In this comment tsc escapes what a URL cannot hold; in the map it does not. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
