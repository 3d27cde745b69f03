/**
 * What the lazily loaded half of `unknown` needs of the other half. It is handed over instead of imported: loaders like tsx in mocha give a dynamic
 * import its own copy of modules, whose errors would be instances of other classes.
 */
import { Reader, utf8Length, Writer } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { Misfit, within } from '../codec/misfit.ts'
import { define, nested } from '../codec/structures.ts'
import { isWellFormed } from '../codec/text.ts'

export interface Kit {
  readonly Reader: typeof Reader
  readonly Writer: typeof Writer
  readonly utf8Length: typeof utf8Length
  readonly MalformedError: typeof MalformedError
  readonly Misfit: typeof Misfit
  readonly within: typeof within
  readonly define: typeof define
  readonly nested: typeof nested
  readonly isWellFormed: typeof isWellFormed
}

export const kit: Kit = { Reader, Writer, utf8Length, MalformedError, Misfit, within, define, nested, isWellFormed }
