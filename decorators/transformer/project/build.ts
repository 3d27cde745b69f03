/**
 * The real schema of classes that never ran: bare classes of the same lineage under the real decorators.
 * So ids, outline and hash are those of the running game by construction.
 */
import { FieldcastError, SchemaError, UsageError } from '../../../lib/base/errors.ts'
import type { AnyClass } from '../../../lib/schema/declaration.ts'
import type { NetworkObjectClass } from '../../../lib/schema/network-class.ts'
import { NetworkObject } from '../../../lib/schema/network-object.ts'
import { Registry } from '../../../lib/schema/registry.ts'
import { Schema } from '../../../lib/schema/schema.ts'
import { field } from '../../field.ts'
import { networkClass } from '../../network-class.ts'
import type { Registration } from '../classes/registration.ts'
import { UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { Class } from '../source/parse.ts'
import { classArguments, fieldArguments } from './arguments.ts'
import { refuse, type SourceClass, type SourceLevel } from './classes.ts'

export interface BuiltSchema {
  readonly schema: Schema
  /** By class id. */
  readonly sources: ReadonlyMap<number, SourceClass>
}

/** @throws FieldcastError for whatever the run would refuse too, with its place. */
export function buildSchema(modules: Modules, classes: readonly SourceClass[]): BuiltSchema {
  const registry = new Registry()
  const made = new Map<Class, AnyClass>()
  const constructs = classes.map(type => construct(type) as NetworkObjectClass)
  const schema = together(constructs)
  return { schema, sources: new Map(classes.map((type, index) => [schema.classOf(constructs[index]!)!.id, type])) }

  function construct(type: SourceClass): AnyClass {
    const root: AnyClass = type.network ? NetworkObject : Object
    return [...type.bases].reverse().concat(type).reduce(bare, root)
  }

  function bare(base: AnyClass, level: SourceLevel): AnyClass {
    const known = made.get(level.node)
    if (known) return known
    const Bare = class extends (base as new () => object) {}
    Object.defineProperty(Bare, 'name', { value: level.name })
    made.set(level.node, Bare)
    for (const registration of level.registrations)
      placed(level, registration, () => register(level, registration, Bare))
    return Bare
  }

  function register(level: SourceLevel, registration: Registration, target: AnyClass): void {
    const { decoration, key, schema } = registration
    if (decoration.name === 'networkClass') {
      const { id, options } = classArguments(modules, level, registration)
      // The forms in which the transformer's calls hand their schemas over.
      networkClass(id, { ...options, registry })(target, schema)
    } else if (decoration.name === 'field') {
      const { flags, options, types } = fieldArguments(modules, level, registration)
      const decorate = field(flags, options, ...types) as (target: AnyClass, key: string, schema: unknown) => void
      decorate(target, key!, schema)
    }
  }
}

function together(constructs: readonly NetworkObjectClass[]): Schema {
  try {
    return new Schema(constructs)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new UsageError(`${error.message} Where --classes or the files that you name leave it out, name it too.`, {
      cause: error,
    })
  }
}

function placed(level: SourceLevel, { decoration }: Registration, run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof FieldcastError) || error instanceof UnresolvedType) throw error
    refuse(
      level.scope.module,
      decoration.decorator,
      error.message.replace(/\.$/, ''),
      'A run of the program refuses it too.',
    )
  }
}
