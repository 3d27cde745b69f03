/**
 * What the types that are loaded late need of those that are always there. It is handed over instead of imported: bundlers would cut the pieces that
 * both import out of the first, and loaders like tsx in mocha give a dynamic import its own copy of modules, whose errors would be instances of other classes.
 */
import { Reader, Writer } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { countRequired, MAX_COUNT, MAX_DEPTH, minBytesOf } from '../codec/contract.ts'
import { plainKinds } from '../codec/kinds.ts'
import { listCodec } from '../codec/list.ts'
import { Misfit, within } from '../codec/misfit.ts'
import { isPlain } from '../codec/numbers.ts'
import { define, isObject, structCodec, valueAt } from '../codec/structures.ts'
import { isWellFormed } from '../codec/text.ts'

export interface Kit {
  readonly Reader: typeof Reader
  readonly Writer: typeof Writer
  readonly MalformedError: typeof MalformedError
  readonly Misfit: typeof Misfit
  readonly within: typeof within
  readonly minBytesOf: typeof minBytesOf
  readonly plainKinds: typeof plainKinds
  readonly isPlain: typeof isPlain
  readonly countRequired: typeof countRequired
  readonly listCodec: typeof listCodec
  readonly structCodec: typeof structCodec
  readonly isObject: typeof isObject
  readonly valueAt: typeof valueAt
  readonly define: typeof define
  readonly isWellFormed: typeof isWellFormed
  readonly MAX_COUNT: number
  readonly MAX_DEPTH: number
}

export const kit: Kit = {
  Reader,
  Writer,
  MalformedError,
  Misfit,
  within,
  minBytesOf,
  plainKinds,
  isPlain,
  countRequired,
  listCodec,
  structCodec,
  isObject,
  valueAt,
  define,
  isWellFormed,
  MAX_COUNT,
  MAX_DEPTH,
}
