/** What `fieldcast schema` prints. */
import type { Changes } from '../project/changes.ts'
import type { ClassDescription, Description, FieldDescription } from '../project/describe.ts'
import type { Lock } from '../project/lock.ts'

/** With what JSON has no words for: a bigint as its digits. */
export function json(value: unknown, indent = 2): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part), indent)
}

/** `2 classes, 7 fields, hash 0123456789abcdef` */
export function summary({
  classes,
  hash,
}: Pick<Lock | Description, 'hash'> & { readonly classes: readonly Counted[] }): string {
  const fields = classes.reduce((sum, type) => sum + type.fields.length, 0)
  return `${counted(classes.length, 'class', 'classes')}, ${counted(fields, 'field', 'fields')}, hash ${hash}`
}

interface Counted {
  readonly fields: readonly unknown[]
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}

export function descriptionText(description: Description): string {
  return [...description.classes.map(classText), summary(description)].join('\n\n')
}

function classText({ id, name, file, line, doc, options, fields }: ClassDescription): string {
  const chosen = Object.entries(options).map(([option, value]) => `${option}: ${String(value)}`)
  return [
    `${name} (class ${id})  ${file}:${line}`,
    ...(doc === undefined ? [] : [`  ${doc}`]),
    ...(chosen.length === 0 ? [] : [`  ${chosen.join(', ')}`]),
    ...fields.map(fieldText),
  ].join('\n')
}

function fieldText({ id, signature, flags, pinned, doc, file, line, ...field }: FieldDescription): string {
  const notes = [
    flags.join(' | ') || 'no flags',
    ...(pinned ? ['pinned'] : []),
    ...(field.default ? [`default ${json(field.default, 0)}`] : []),
  ]
  return [
    `  ${id} ${signature}`,
    `      ${notes.join(', ')}  ${file}:${line}`,
    ...(doc === undefined ? [] : [`      ${doc}`]),
  ].join('\n')
}

/** The verdict of `--check`. @param name of the lock file. */
export function changesText({ verdict, differences, stored }: Changes, now: Lock, name: string): string {
  const lines = (items: readonly string[]): string => items.map(item => `  ${item}\n`).join('')
  const rewrite = `Where that is meant: fieldcast schema --write, and commit ${name}.`
  switch (verdict) {
    case 'unchanged':
      return `unchanged since ${name}: ${summary(now)}`
    case 'compatible':
      return `compatible: clients that were built before still connect. Only names that do not travel differ from ${name}:\n${lines(differences)}${rewrite}`
    case 'breaks':
      return [
        `breaks these, compared with ${name}:\n${lines(differences)}`,
        'Clients that were built before are refused (schema-mismatch) until they are built anew.\n',
        ...(stored.length === 0 ? [] : [`What Database fields hold was stored in the old form:\n${lines(stored)}`]),
        rewrite,
      ].join('')
  }
}
