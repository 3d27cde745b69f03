/** `fieldcast schema`. */
import { UsageError } from '../../../lib/base/errors.ts'
import type { Command } from './main.ts'

export const schema: Command = {
  usage: 'fieldcast schema',
  run: () => Promise.reject(new UsageError('fieldcast schema is being written.')),
}
