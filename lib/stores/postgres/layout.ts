/**
 * The layout in PostgreSQL, version 1: a schema of its own, `fieldcast` unless the store names another. `objects` has a row for each object, and for a while for each that
 * was deleted:
 *
 * | column | |
 * |---|---|
 * | `id` | 24 hex digits; primary key |
 * | `class` | its name in the source; NULL for a deleted object |
 * | `version` | grows with every commit of the object |
 * | `format` | the class's own version, for its `migrate` |
 * | `owner`, `zone` | or NULL |
 * | `keys` | the values of declared indexes: a JSON object of texts |
 * | `fields` | a JSON object with the argument list of each field, exactly as it was given |
 * | `deleted` | when it was deleted; NULL for an object that is there. Such rows keep older writes out, and go after two hours. |
 *
 * `keys` (`class`, `name`, `value`, `id`) finds objects by the column of that name; a trigger keeps it so, also after changes by hand. `shards` has the highest `epoch`
 * claimed of each `shard`. `meta` holds `layout`, the number above, and `library`, which made it. Two functions, `write` and `claim`, are what the store calls.
 *
 * ```sql
 * SELECT id, owner, zone, fields FROM fieldcast.objects WHERE class = 'Player' ORDER BY id LIMIT 10;
 * SELECT id, fields::json -> 'moveTo' FROM fieldcast.objects WHERE class = 'Player' AND keys ->> 'name' = 'ann';
 * SELECT o.* FROM fieldcast.keys k JOIN fieldcast.objects o USING (id) WHERE k.class = 'Player' AND k.name = 'name' AND k.value = 'ann';
 * SELECT class, count(*), avg(length(fields)) FROM fieldcast.objects WHERE class IS NOT NULL GROUP BY class;
 * UPDATE fieldcast.objects SET owner = 'bob', version = version + 1 WHERE id = '65f0c1d2e3a4b5c6d7e8f901';
 * ```
 *
 * Whoever changes rows by hand raises `version`, and does it while no server has the object loaded: a server writes what it knows. Texts compare byte for byte. A text with
 * NUL or with half a surrogate pair, which PostgreSQL cannot hold, stands there in another form, which begins with a backslash (see `texts.ts`).
 */
import { StoreError } from '../../base/errors.ts'
import { version } from '../../protocol/version.ts'
import type { Ask, Connections } from './driver.ts'
import { functions } from './functions.ts'
import type { Settings } from './options.ts'

/** A world keeps the tables and functions that it was made with: what is changed in these or in functions.ts raises this, and brings worlds of the version before up to it. */
const LAYOUT = 1

/** Makes the layout where there is none. @throws StoreError `fatal` where it may not, and for one of a newer version, or of somebody else: it is left as it is. */
export async function settle(connections: Connections, settings: Settings): Promise<void> {
  await checkServer(connections.ask, settings)
  if (await isThere(connections.ask, settings)) return
  if (!settings.create) throw new StoreError('fatal', `There is no world in ${settings.name}.`)
  await connections.transaction(async ask => {
    await ask(`SET LOCAL lock_timeout = ${Math.ceil(settings.queryTimeout / 2)}`)
    await ask('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`fieldcast layout ${settings.schema}`])
    // Another server may have been faster.
    if (!(await isThere(ask, settings))) await make(ask, settings)
  })
}

async function checkServer(ask: Ask, { name, durable }: Settings): Promise<void> {
  const [facts] = await ask(
    `SELECT current_setting('server_version_num'), current_setting('server_encoding'), current_setting('fsync')`,
  )
  const [number, encoding, fsync] = facts!
  if (Number(number) < 120_000)
    throw new StoreError('fatal', `${name}: the server is older than PostgreSQL 12. Name a newer one.`)
  if (encoding !== 'UTF8')
    throw new StoreError(
      'fatal',
      `${name}: the database keeps texts in ${encoding}, which cannot hold all of them. Create one with ENCODING 'UTF8'.`,
    )
  if (durable && fsync !== 'on')
    throw new StoreError(
      'fatal',
      `${name}: the server runs with fsync = off, so that a crash of its machine loses commits. Switch it on, or say { durability: 'none' }.`,
    )
}

async function isThere(ask: Ask, { name, schema }: Settings): Promise<boolean> {
  // Not from information_schema: it hides what the role has no rights on.
  const columns = await ask(
    `SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE n.nspname = $1 AND c.relname IN ('objects', 'keys', 'shards', 'meta') AND a.attnum > 0`,
    [schema],
  )
  const tables = new Set(columns.map(([table]) => table))
  if (tables.size === 0) return false
  const foreign = new StoreError(
    'fatal',
    `${name}: the schema has tables that are not ours: ${[...tables].join(', ')}. Name another { schema }.`,
  )
  const ofMeta = columns.filter(([table]) => table === 'meta').map(([, column]) => column)
  if (!ofMeta.includes('name') || !ofMeta.includes('value')) throw foreign
  const meta = new Map((await ask(`SELECT name, value FROM "${schema}".meta`)) as [string, string][])
  const layout = Number(meta.get('layout'))
  if (!Number.isInteger(layout) || layout < 1) throw foreign
  if (layout > LAYOUT)
    throw new StoreError(
      'fatal',
      `${name}: the layout is of version ${layout}, written by fieldcast ${meta.get('library') ?? 'of a newer version'}; fieldcast ${version} knows version ${LAYOUT} and has changed nothing. Install the newer one, or name another { schema }.`,
    )
  return true
}

async function make(ask: Ask, { schema }: Settings): Promise<void> {
  const [there] = await ask('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  // Where the schema is there, no right to make one is needed.
  if (!there) await ask(`CREATE SCHEMA "${schema}"`)
  await ask(tables(`"${schema}"`))
  await ask(functions(`"${schema}"`))
  await ask(`INSERT INTO "${schema}".meta (name, value) VALUES ('layout', $1), ('library', $2)`, [`${LAYOUT}`, version])
}

// The free room in the pages of `objects` lets most updates stay in their page, where they touch no index. Ids and names compare by bytes: "C".
const tables = (schema: string): string => `
CREATE TABLE ${schema}.meta (
  name text PRIMARY KEY,
  value text NOT NULL
);
CREATE TABLE ${schema}.shards (
  shard text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL,
  claimed timestamptz
);
CREATE TABLE ${schema}.objects (
  id text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) = 24),
  class text COLLATE "C",
  version bigint NOT NULL CHECK (version BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}),
  format bigint,
  owner text COLLATE "C",
  zone bigint,
  keys jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(keys) = 'object'),
  fields text,
  deleted timestamptz,
  CHECK ((class IS NULL) = (deleted IS NOT NULL)),
  CHECK (class IS NULL OR (format IS NOT NULL AND fields IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX objects_class ON ${schema}.objects (class, id) WHERE class IS NOT NULL;
CREATE INDEX objects_owner ON ${schema}.objects (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX objects_zone ON ${schema}.objects (zone, id) WHERE zone IS NOT NULL;
CREATE INDEX objects_deleted ON ${schema}.objects (deleted) WHERE deleted IS NOT NULL;
CREATE TABLE ${schema}.keys (
  class text COLLATE "C",
  name text COLLATE "C",
  value text COLLATE "C",
  id text COLLATE "C",
  PRIMARY KEY (class, name, value, id)
);
COMMENT ON TABLE ${schema}.objects IS 'fieldcast: one row for each object; those with a time in deleted are gone and keep older writes out for two hours';
COMMENT ON TABLE ${schema}.keys IS 'fieldcast: finds objects by their declared indexes; kept by triggers of objects';
COMMENT ON TABLE ${schema}.shards IS 'fieldcast: who may write, by the highest epoch claimed';
COMMENT ON TABLE ${schema}.meta IS 'fieldcast: the version of this layout';
`
