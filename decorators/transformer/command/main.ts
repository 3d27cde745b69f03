#!/usr/bin/env node
/** The command `fieldcast`: picks the sub-command, prints, and sets the exit code: 0 for good, 1 for what it found, 2 for a wrong command line. */
import { FieldcastError } from '../../../lib/base/errors.ts'
import type { Command } from './command.ts'

interface Entry {
  readonly summary: string
  load(): Promise<Command>
}

const commands: Readonly<Record<string, Entry>> = {
  patch: {
    summary: 'puts the types into the JavaScript that tsc wrote',
    load: async () => (await import('./patch.ts')).patch,
  },
  schema: {
    summary: 'prints the schema of a project, and compares it with its lock file',
    load: async () => (await import('./schema.ts')).schema,
  },
  ping: {
    summary: 'asks servers who they are, how many play there, and how long an answer takes',
    load: async () => (await import('../../../lib/ping.ts')).ping,
  },
  store: {
    summary: 'looks into stores, saves and restores them, copies and migrates them',
    load: async () => (await import('../../../lib/stores/command/store.ts')).store,
  },
}

const overview = `fieldcast <command>

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`)
  .join('\n')}

fieldcast <command> --help tells more.`

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    console.log(overview)
    return 0
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!entry) {
    console.error(`fieldcast has no command ${name}.\n\n${overview}`)
    return 2
  }
  const command = await entry.load()
  if (args.includes('--help') || args.includes('-h')) {
    console.log(command.usage)
    return 0
  }
  try {
    return await command.run(args)
  } catch (error) {
    if (isWrongOption(error)) {
      console.error(`${(error as Error).message}\n\n${command.usage}`)
      return 2
    }
    if (!(error instanceof FieldcastError)) throw error
    console.error(error.message)
    return 1
  }
}

/** Of node:util's parseArgs. */
function isWrongOption(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS_')
}

process.exitCode = await main(process.argv.slice(2))
