/** What `fieldcast schema` tells of a schema: the contract, and where in the source each part of it stands. docs/schema.md, "JSON". */
import type { ClassOptions } from '../../../lib/schema/declaration.ts'
import type { Field, NetworkClass } from '../../../lib/schema/network-class.ts'
import type { ClassOutline } from '../../../lib/schema/outline.ts'
import { classDocOf, docOf } from '../classes/jsdoc.ts'
import type { MethodDefinition } from '../source/parse.ts'
import type { BuiltSchema } from './build.ts'
import type { SourceClass } from './classes.ts'
import { type ClassNames, flagNames, signatureText, typeText } from './notation.ts'
import { pathFrom, placeIn, placeOf, type SourcePlace } from './place.ts'

/** Rises when a reader of the old form would misread the new one. */
export const FORMAT = 1

export interface Description {
  readonly format: number
  readonly hash: string
  readonly classes: readonly ClassDescription[]
  /** What the hash is made of, and the names of classes. docs/protocol.md, "Schema". */
  readonly outline: readonly ClassOutline[]
}

interface Documented {
  /** The first paragraph of the JSDoc. */
  readonly doc?: string
  /** From the folder of the tsconfig.json, with slashes. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

export interface ClassDescription extends Documented {
  readonly id: number
  readonly name: string
  readonly options: Omit<ClassOptions, 'registry'>
  readonly fields: readonly FieldDescription[]
}

export interface FieldDescription extends Documented {
  readonly id: number
  readonly name: string
  /** `moveTo(x: int16, y: int16)` */
  readonly signature: string
  /** Names of Flags. */
  readonly flags: readonly string[]
  readonly params: readonly { readonly name: string; readonly type: string }[]
  /** For a request: what its promise gives. */
  readonly result?: string
  /** Where the id is pinned. */
  readonly pinned?: true
  /** Where it is written as constants. */
  readonly default?: readonly unknown[]
}

/** @param root what paths are told from. */
export function describe({ schema, sources }: BuiltSchema, root: string): Description {
  const names = classNames(schema.outline)
  const described = [...schema.classes.values()].map(type => describeClass(type, sources.get(type.id)!, names, root))
  return { format: FORMAT, hash: schema.hash, classes: described, outline: schema.outline }
}

/** References tell names in the source and ids in the outline. */
export function classNames(outline: readonly ClassOutline[]): ClassNames {
  const names = new Map([[0, 'NetworkObject'], ...outline.map(({ id, name }) => [id, name] as const)])
  return target => (typeof target === 'string' ? target : (names.get(target) ?? `class ${target}`))
}

function describeClass(type: NetworkClass, source: SourceClass, names: ClassNames, root: string): ClassDescription {
  const { registry: _, ...options } = type.declaration.options
  return {
    id: type.id,
    name: type.name,
    ...documented(classDocOf(source.scope.module.parsed, source.node), placeOf(source), root),
    options,
    fields: type.fields.map(field => describeField(field, source, names, root)),
  }
}

function describeField(field: Field, source: SourceClass, names: ClassNames, root: string): FieldDescription {
  const { id, name, schema, declaration } = field
  const { params, result } = schema
  const level = [source, ...source.bases].find(({ registrations }) => registrations.some(({ key }) => key === name))!
  const { decoration } = level.registrations.find(({ key }) => key === name)!
  const method = level.node.body.body.find(
    (member): member is MethodDefinition =>
      member.type === 'MethodDefinition' && member.decorators.includes(decoration.decorator),
  )!
  const { module } = level.scope
  return {
    id,
    name,
    signature: `${name}${signatureText(schema, names)}`,
    ...documented(docOf(module.parsed, level.node, method), placeIn(module, method.key), root),
    flags: flagNames(field.flags),
    params: params.map(([parameter, shape]) => ({ name: parameter, type: typeText(shape, names) })),
    ...(result !== undefined && { result: typeText(result, names) }),
    ...(declaration.options.id !== undefined && { pinned: true }),
    ...(declaration.options.default && { default: declaration.options.default }),
  }
}

function documented(doc: string | undefined, { file, line }: SourcePlace, root: string): Documented {
  return { ...(doc !== undefined && { doc }), file: pathFrom(root, file), line }
}
