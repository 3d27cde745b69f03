/** Many rows in as few statements as the server takes. */
import { StoreError } from '../../base/errors.ts'
import type { Session } from './session.ts'

/** Texts and NULL alone: in the bulk form, each change of a column's type would be a statement of its own. */
export type Values = readonly (string | null)[]

export interface Rows {
  readonly head: string
  /** Of one row, with a `?` for each value. */
  readonly row: string
  readonly tail: string
  /** Of each row; the first is its object's id. */
  readonly values: readonly Values[]
}

/** Bytes of a statement beyond which nothing gets faster. */
const ENOUGH = 8 << 20
const MOST_ROWS = 1000
/** What stands in a statement besides its values. */
const FRAME = 4096

/** @throws StoreError `fatal` for a row that no statement of this server can hold. */
export async function write(session: Session, rows: Rows): Promise<void> {
  const { values } = rows
  const space = session.packet - FRAME
  for (let from = 0; from < values.length; ) {
    let [until, bytes] = [from, 0]
    for (; until < values.length && until - from < MOST_ROWS; until++) {
      const more = sizeOf(values[until]!, session.bulk, Math.min(space, ENOUGH))
      if (more > space) throw tooLarge(values[until]![0]!, more, session)
      if (until > from && bytes + more > Math.min(space, ENOUGH)) break
      bytes += more
    }
    await send(session, rows, values.slice(from, until))
    from = until
  }
}

async function send(
  { connection, bulk }: Session,
  { head, row, tail }: Rows,
  values: readonly Values[],
): Promise<void> {
  if (bulk) await connection.batch(`${head} ${row} ${tail}`, values)
  else await connection.query(`${head} ${values.map(() => row).join(', ')} ${tail}`, values.flat())
}

/** Bytes in a statement; more than they are where that is `cheap` all the same. A character takes three at most, also where it is escaped. */
function sizeOf(values: Values, bulk: boolean, cheap: number): number {
  let most = 0
  for (const value of values) most += 16 + 3 * (value?.length ?? 0)
  if (most <= cheap) return most
  let exact = 0
  for (const value of values)
    exact += 16 + (value === null ? 0 : Buffer.byteLength(value) + (bulk ? 0 : (value.match(/['"\\\0]/g)?.length ?? 0)))
  return exact
}

const tooLarge = (id: string, bytes: number, { packet }: Session): StoreError =>
  new StoreError(
    'fatal',
    `Object ${id} takes ${bytes} bytes in a statement, and the server takes ${packet - FRAME}: raise its max_allowed_packet (${packet}), or keep less in the object.`,
  )
