/**
 * Where the database servers are that specs of stores need. A variable names one (POSTGRES_URL, MARIADB_URL, MONGODB_URL), or it listens on this machine's usual port.
 * Without one a line says how to get it; where CI is set that is an error, but for MongoDB.
 */
import { connect } from 'node:net'

interface Service {
  readonly name: string
  readonly variable: string
  /** Asked where the variable is not set. Its port stands in the URL. */
  readonly local: string | null
  readonly advice: string
  readonly needed: boolean
}

/** Null where there is no PostgreSQL to test with. */
export const postgresUrl: () => Promise<string | null> = finder({
  name: 'PostgreSQL',
  variable: 'POSTGRES_URL',
  local: 'postgres://postgres@127.0.0.1:5432/test',
  advice: 'start one on port 5432 with a database `test` and a user `postgres` without a password, or set POSTGRES_URL',
  needed: true,
})

/** Null where there is no MariaDB or MySQL to test with. */
export const mariadbUrl: () => Promise<string | null> = finder({
  name: 'MariaDB',
  variable: 'MARIADB_URL',
  local: 'mariadb://root@127.0.0.1:3306/test',
  advice: 'start one on port 3306 with a database `test` and a user `root` without a password, or set MARIADB_URL',
  needed: true,
})

/** Null where there is no MongoDB to test with. */
export const mongodbUrl: () => Promise<string | null> = finder({
  name: 'MongoDB',
  variable: 'MONGODB_URL',
  local: null,
  advice: 'set MONGODB_URL to a replica set (one node is enough: `mongod --replSet rs0`, then `rs.initiate()`)',
  needed: false,
})

/** For a `before` hook: the URL that `find` finds. Without one the suite is skipped. */
export async function requireService(suite: Mocha.Context, find: () => Promise<string | null>): Promise<string> {
  return (await find()) ?? suite.skip()
}

function finder(service: Service): () => Promise<string | null> {
  let found: Promise<string | null> | undefined
  return () => (found ??= search(service))
}

async function search({ name, variable, local, advice, needed }: Service): Promise<string | null> {
  const named = process.env[variable]
  if (named) return named
  if (local !== null && (await listens(new URL(local)))) return local
  if (process.env['CI'] && needed) throw new Error(`This spec needs ${name}, but none was found: ${advice}.`)
  console.log(`    skipped: no ${name} was found: ${advice}`)
  return null
}

function listens({ hostname, port }: URL): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2000 })
    const settle = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false))
  })
}
