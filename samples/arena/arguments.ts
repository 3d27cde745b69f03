/** What may be written behind `npm start --`. */
import { parseArgs } from 'node:util'
import { type ProfileName, profiles } from 'fieldcast/transports/conditioner'

const DEFAULT_PORT = 7200

export const usage = `npm start -- [options]
  --port N     the port of page and game; 0 takes any free one (default: PORT from the environment, else ${DEFAULT_PORT})
  --host H     the address to listen on; 0.0.0.0 lets others in your network play (default: localhost, this machine alone)
  --bots N     players that play by themselves (default: 0)
  --store S    where the world is kept: a folder, postgres://user@host/database, mariadb://..., mongodb://...,
               or memory: for a world that ends with this program (default: the folder samples/arena/world)
  --network N  plays as if by such a network: ${Object.keys(profiles).join(', ')} (default: as it is)
  --help       this text`

export interface Arguments {
  readonly port: number
  readonly host: string
  readonly bots: number
  /** Null for the folder beside the sample. */
  readonly store: string | null
  /** Null for the players' own. */
  readonly network: ProfileName | null
  readonly help: boolean
}

/** The words that start the arena again at the same port, with another store. */
export const commandWith = (port: number, store: string): string =>
  `npm start -- ${port === DEFAULT_PORT ? '' : `--port ${port} `}--store ${store}`

/** @throws Error with a sentence for people. */
export function readArguments(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      bots: { type: 'string' },
      store: { type: 'string' },
      network: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  return {
    port: whole('port', values.port ?? environment['PORT'] ?? `${DEFAULT_PORT}`, 65_535),
    host: values.host ?? 'localhost',
    bots: whole('bots', values.bots ?? '0', 1000),
    store: values.store ?? null,
    network: values.network === undefined ? null : known(values.network),
    help: values.help ?? false,
  }
}

function known(name: string): ProfileName {
  if (Object.hasOwn(profiles, name)) return name as ProfileName
  throw new Error(`There is no network '${name}'. There are ${Object.keys(profiles).join(', ')}.`)
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > most)
    throw new Error(`${name} is a whole number from 0 to ${most}, not '${text}'.`)
  return value
}
