/** `fieldcast/schema`: one side runs without the classes of the other, by the file that `fieldcast schema --write` writes. docs/schema.md. */

export { type ClassEntry, classesFrom, type FieldEntry, isForeign, type SchemaFile } from './schema/foreign.ts'
