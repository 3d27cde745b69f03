/** What `fieldcast patch` says of its work. */
import type { Output, Plan } from './patch-plan.ts'

/** The last line of a run. */
export function patchedLine({ outputs }: Plan, changed: readonly Output[]): string {
  return `Patched ${count(sum(changed), 'class', 'classes')} in ${count(changed.length, 'file')} (${outputs.length - changed.length} unchanged).`
}

/** The classes of some files. */
export function sum(outputs: readonly Output[]): number {
  return outputs.reduce((total, { classes }) => total + classes, 0)
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
