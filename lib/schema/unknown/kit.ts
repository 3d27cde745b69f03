/**
 * What the lazily loaded half of `unknown` needs of the other half. It is handed over instead of imported: loaders like tsx in mocha give a dynamic
 * import its own copy of modules, whose errors would be instances of other classes.
 */
export { Reader, utf8Length, Writer } from '../../base/bytes.ts'
export { MalformedError } from '../../base/errors.ts'
export { Misfit, within } from '../codec/misfit.ts'
export { define, nested } from '../codec/structures.ts'
export { isWellFormed } from '../codec/text.ts'
