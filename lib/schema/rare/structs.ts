/** Registered structs, by name and by class. */
import type { Struct, Structs } from '../codec/contract.ts'

export function structNamed(structs: Structs, name: string): Struct | undefined {
  for (const table of structs.structTables()) if (table.has(name)) return table.get(name)
  return undefined
}

/** The name under which a class was registered. */
export function structName(structs: Structs, target: unknown): string | undefined {
  for (const table of structs.structTables())
    for (const [name, struct] of table) if (struct.target === target) return name
  return undefined
}
