/** `fieldcast store`: looks into stores, saves and restores them, and carries them from one to another. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../../base/nearest.ts'
import { type StoreCommand, WrongCommandLine } from './command.ts'
import { copy } from './copy.ts'
import { exportRows } from './export.ts'
import { importRows } from './import.ts'
import { inspect } from './inspect.ts'
import { migrate } from './migrate.ts'
import { Output } from './output.ts'

const commands: Readonly<Record<string, StoreCommand>> = {
  inspect,
  export: exportRows,
  import: importRows,
  migrate,
  copy,
}

const usage = `fieldcast store <command>

${Object.entries(commands)
  .map(([name, { parameters, summary }]) => `  ${name} ${parameters}\n      ${summary}`)
  .join('\n')}

A url is lmdb:./world or the folder alone, postgres://user:password@host/database, mariadb://... or mysql://..., or mongodb://...; of several worlds in
one database ?schema=name (PostgreSQL) or ?prefix=name_ (the others) names one. A server that runs holds an lmdb folder for itself: stop it first.

  --classes <file>   exports the network classes of the game, in TypeScript or JavaScript; may be given several times
  --dry-run          says what would be done, and changes nothing
  --limit N          most objects of a class that are shown
  --overwrite        import and copy: objects that are there and differ are replaced, newer ones too. export: the file is replaced

The exit code is 0 where all is well, 1 for what was found or went wrong, 2 for a wrong command line.`

/** A sub-command of `fieldcast`. */
export const store: { readonly usage: string; run(args: readonly string[]): Promise<number> } = { usage, run }

async function run([name, ...args]: readonly string[]): Promise<number> {
  const output = new Output()
  try {
    const command = commandNamed(name)
    const { values, positionals } = parse(name!, command, args)
    return await command.run({ words: positionals, options: values, output })
  } catch (error) {
    if (!(error instanceof WrongCommandLine)) throw error
    output.tell(`${error.message}\nfieldcast store --help tells more.`)
    return 2
  }
}

function commandNamed(name: string | undefined): StoreCommand {
  if (name === undefined) throw new WrongCommandLine('fieldcast store needs a command.')
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command
  const meant = nearest(name, Object.keys(commands))
  throw new WrongCommandLine(`fieldcast store has no command ${name}.${meant ? ` Is it ${meant} that you mean?` : ''}`)
}

function parse(
  name: string,
  { options, words: [least, most], parameters }: StoreCommand,
  args: readonly string[],
): { values: Record<string, string | boolean | (string | boolean)[] | undefined>; positionals: string[] } {
  const config: ParseArgsConfig = { args: [...args], allowPositionals: true, options }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs(config)
  } catch (error) {
    throw wrongOption(name, Object.keys(options), error)
  }
  const { values, positionals } = parsed
  if (positionals.length < least || positionals.length > most)
    throw new WrongCommandLine(
      `There is a word too ${positionals.length < least ? 'few' : 'many'}: fieldcast store ${name} ${parameters}`,
    )
  return { values, positionals }
}

/** `error` of parseArgs in fewer words, where it is about an option. */
function wrongOption(command: string, options: readonly string[], error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string }
  if (!String(code).startsWith('ERR_PARSE_ARGS_')) return error
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return new WrongCommandLine(message.split('\n')[0]!)
  const given = /'(-[^']*)'/.exec(message)?.[1] ?? 'of that name'
  const meant = nearest(given.replace(/^-+/, ''), options)
  return new WrongCommandLine(
    `fieldcast store ${command} has no option ${given}.${meant ? ` Is it --${meant} that you mean?` : ''}`,
  )
}
