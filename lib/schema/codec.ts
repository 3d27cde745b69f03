/** From shapes to codecs: compiled once per class, without generating code, so that a strict content security policy may stand. */
import type { Reader, Writer } from '../base/bytes.ts'
import {
  type Codec,
  type Compiler,
  countRequired,
  minBytesOf,
  type References,
  type Structs,
} from './codec/contract.ts'
import { plainKinds } from './codec/kinds.ts'
import { listCodec } from './codec/list.ts'
import { Misfit, within } from './codec/misfit.ts'
import { getPlain, plainCodec, putPlain } from './codec/numbers.ts'
import { enumCodec, optionalCodec, referenceCodec, structCodec } from './codec/structures.ts'
import { stringCodec } from './codec/text.ts'
import { rareCodec } from './rare/load.ts'
import type { FieldSchema, Shape, Types } from './shape.ts'

export type { Codec, References, Struct, Structs } from './codec/contract.ts'
export { Misfit } from './codec/misfit.ts'

/** Compiles a shape in normal form. `loadCodecs` must have seen it before. */
export function compileShape(shape: Shape, structs: Structs, types: Types = {}): Codec {
  return new ShapeCompiler(types, structs).compile(shape)
}

/** Writes and reads the arguments of one field. */
export interface FieldCodec {
  /** Whether bytes depend on what the receiver sees. A false alarm costs time and nothing else. */
  readonly hasReferences: boolean
  /** The fewest arguments that a call may have. */
  readonly required: number
  /** No call takes fewer bytes; where it is 0, none takes any. */
  readonly minBytes: number
  /** Throws Misfit for a wrong count or value; the path starts with the parameter's name. Rewind what was written then. */
  writeArguments(w: Writer, args: readonly unknown[], refs: References): void
  /** Throws MalformedError or Misfit. Missing optional arguments are undefined, so that defaults apply. */
  readArguments(r: Reader, refs: References): unknown[]
  /** What a request answers; absent for fields that are none. `'void'` is null, without bytes. */
  readonly result?: Codec
}

/** Compiles a field's parameters and result, both in normal form. */
export function compileField(schema: FieldSchema, structs: Structs): FieldCodec {
  return new ArgumentsCodec(schema, structs)
}

class ArgumentsCodec implements FieldCodec {
  declare readonly hasReferences: boolean
  declare readonly required: number
  declare readonly minBytes: number
  readonly result?: Codec
  readonly #names: readonly string[]
  readonly #codecs: readonly Codec[]
  /** The kind of plain parameters, -1 for others: a switch costs a fraction of a call through a codec. */
  readonly #kinds: readonly number[]
  readonly #rest: Codec | undefined

  constructor({ params, result, types }: FieldSchema, structs: Structs) {
    const codecs: Codec[] = []
    for (const [, shape] of params) {
      if (shape[0] === 'rest') this.#rest = compileShape(['list', shape[1] as Shape], structs, types)
      else codecs.push(compileShape(shape as Shape, structs, types))
    }
    this.#names = params.map(([name]) => name)
    this.#codecs = codecs
    this.#kinds = codecs.map(codec => codec.plain ?? -1)
    this.required = countRequired(codecs)
    this.minBytes = minBytesOf(this.#rest ? [...codecs, this.#rest] : codecs)
    this.hasReferences = JSON.stringify([params, types]).includes('["ref",')
    if (result !== undefined) this.result = compileShape(result === 'void' ? 'null' : result, structs, types)
  }

  writeArguments(w: Writer, args: readonly unknown[], refs: References): void {
    const count = this.#codecs.length
    if (args.length < this.required || (args.length > count && !this.#rest)) throw this.#miscount(args)
    let i = 0
    try {
      for (; i < count; i++) {
        const kind = this.#kinds[i]!
        if (kind >= 0) putPlain(w, kind, args[i])
        else this.#codecs[i]!.write(w, args[i], refs)
      }
      this.#rest?.write(w, args.slice(count), refs)
    } catch (error) {
      throw within(error, this.#names[i]!)
    }
  }

  readArguments(r: Reader, refs: References): unknown[] {
    const count = this.#codecs.length
    const args: unknown[] = new Array(count)
    let i = 0
    try {
      for (; i < count; i++) {
        const kind = this.#kinds[i]!
        args[i] = kind >= 0 ? getPlain(r, kind) : this.#codecs[i]!.read(r, refs)
      }
      return this.#rest ? args.concat(this.#rest.read(r, refs)) : args
    } catch (error) {
      throw within(error, this.#names[i]!)
    }
  }

  #miscount(args: readonly unknown[]): Misfit {
    const count = this.#codecs.length
    const range = this.#rest
      ? `at least ${this.required}`
      : this.required < count
        ? `${this.required} to ${count}`
        : count
    return new Misfit(`${range} arguments (${this.#names.join(', ')})`, args.length)
  }
}

/** Compiles what is named while a game runs: the structs within an `unknown`. */
export class ShapeCompiler implements Compiler {
  declare readonly types: Types
  declare readonly structs: Structs
  readonly recursive: Map<string, Codec | undefined> = new Map()

  constructor(types: Types, structs: Structs) {
    this.types = types
    this.structs = structs
  }

  of(types: Types): Compiler {
    return new ShapeCompiler(types, this.structs)
  }

  compile(shape: Shape): Codec {
    if (shape === 'str') return stringCodec()
    if (typeof shape === 'string') {
      const kind = plainKinds.indexOf(shape)
      return kind < 0 ? rareCodec(shape, this) : plainCodec(kind)
    }
    switch (shape[0]) {
      case 'str':
        return stringCodec(shape[1])
      case 'list':
        return listCodec(this.compile(shape[1]), shape[2])
      case 'opt':
        return optionalCodec(this.compile(shape[1]))
      case 'enum':
        return enumCodec(shape[1])
      case 'struct':
        return structCodec(this.keys(shape[1]))
      case 'ref':
        return referenceCodec(shape[1])
      default:
        return rareCodec(shape, this)
    }
  }

  /** Sorted here too: in an object integer-like keys come first, whatever the order in which they were put there. */
  keys(keys: Readonly<Record<string, Shape>>): (readonly [string, Codec])[] {
    return Object.keys(keys)
      .sort()
      .map(key => [key, this.compile(keys[key]!)])
  }
}
