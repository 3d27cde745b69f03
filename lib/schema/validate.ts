/** What is refused when a class is registered: at load, with the class and field named, and what to do instead. */
import { SchemaError } from '../base/errors.ts'
import { type AnyClass, type ClassDeclaration, declareClass } from './declaration.ts'
import { contradiction, Flags } from './flags.ts'
import { numberFields } from './network-class.ts'
import { NetworkObject } from './network-object.ts'

/** Checks a class with all its fields and records it. Called by `@networkClass`. */
export function registerClass(target: AnyClass, declaration: ClassDeclaration): void {
  const { name } = declaration
  for (const { declaration: field } of numberFields(target)) {
    const { flags, schema, options } = field
    const path = `${name}.${field.name}`
    const clash = contradiction(flags)
    if (clash) throw new SchemaError(`${path}: ${clash}.`)
    if (field.name in NetworkObject.prototype)
      throw new SchemaError(`${path}: NetworkObject itself has a member of that name.`)
    if (!schema) throw new SchemaError(missingTypes(path))
    if (schema.result !== undefined && flags & Flags.Predict)
      throw new SchemaError(`${path}: a request waits for the server's answer; Predict would not. Keep one of them.`)
    const { id } = options
    if (id !== undefined && (id & 0xffff) !== id)
      throw new SchemaError(`${path}: a field id is a whole number from 0 to 65535, not ${id}.`)
  }
  declaration.registry.add(declaration.id, name)
  declareClass(target, declaration)
}

function missingTypes(path: string): string {
  return `${path} has no types: the parameter types of the method have not been read. Read them
  in Node, tsx, mocha  node --import fieldcast/register
  in a bundler         plugins: [fieldcast()] of fieldcast/vite, /esbuild, /rolldown, /rollup, /webpack
  after tsc            fieldcast patch
  or give them by hand: @field(flags, int16, str(64)).`
}
