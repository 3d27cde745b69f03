/** `fieldcast patch`. */
import { UsageError } from '../../../lib/base/errors.ts'
import type { Command } from './main.ts'

export const patch: Command = {
  usage: 'fieldcast patch',
  run: () => Promise.reject(new UsageError('fieldcast patch is being written.')),
}
