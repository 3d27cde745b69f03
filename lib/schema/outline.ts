/** The contract as plain data: what is hashed, what a server sends to a client whose hash differs, and how the two are compared. */
import type { Shape } from './shape.ts'

export interface FieldOutline {
  readonly id: number
  readonly name: string
  readonly flags: number
  readonly params: readonly unknown[]
  readonly result?: Shape | 'void'
}

export interface ClassOutline {
  readonly id: number
  /** For people only: minifiers may rename a class, so the name is not hashed. */
  readonly name: string
  readonly fields: readonly FieldOutline[]
}

/** The text that is hashed: classes by id, fields by id, no class names. docs/protocol.md, "Schema". */
export function hashedText(outline: readonly ClassOutline[]): string {
  return JSON.stringify(outline.map(({ id, fields }) => [id, fields.map(field => [field.id, field.name, field.flags, field.params, field.result ?? null])]))
}

/** What puts a difference into words: a module of its own, because hardly any client ever needs it. */
export const loadDifferences = (): Promise<typeof import('./differences.ts')> => import('./differences.ts')
