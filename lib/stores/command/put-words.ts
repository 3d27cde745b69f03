/** What `import` and `copy` say of what they have put. */
import type { Tally } from './put-rows.ts'
import { count, counted } from './words.ts'

export interface Outcome {
  readonly text: string
  /** Whether all that was given is there now. */
  readonly complete: boolean
}

/** @param given what the rows come from: `the file`. */
export function outcomeOf(tally: Tally, given: string, overwrite: boolean): Outcome {
  const { added, equal, newer, older, different, failed } = tally
  const differ = newer + older + different
  const parts = [`${count(added)} new`, `${count(equal)} equal to what is there`]
  if (differ > 0) {
    const kinds = [
      newer > 0 ? `${count(newer)} newer` : '',
      older > 0 ? `${count(older)} older` : '',
      different > 0 ? `${count(different)} of the same version` : '',
    ].filter(kind => kind !== '')
    parts.push(`${count(differ)} that ${differ === 1 ? 'differs' : 'differ'} from what is there (${kinds.join(', ')})`)
  }
  if (failed > 0) parts.push(`${count(failed)} that cannot be written`)
  const lines = [`${counted(added + equal + differ + failed, 'object')} in ${given}: ${parts.join(', ')}.`]
  if (differ > 0)
    lines.push(
      overwrite
        ? `Those that differed are now as in ${given}.`
        : `Those that differ were left as they are in the store. --overwrite replaces them by those of ${given}, newer ones too.`,
    )
  return { text: lines.join('\n'), complete: failed === 0 && (overwrite || differ === 0) }
}
