/** A process of its own that uses an embedded store as it is told, line by line, and says what became of each line. Run by the specs of the embedded store. */
import { createInterface } from 'node:readline'
import { StoreError } from '../../lib/base/errors.ts'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import { row } from '../../lib/stores/suite/bench.ts'

const store = lmdbStore(process.argv[2]!)

/** Two objects that are written together, the `n`th time. */
const pair = (n: number) => [0, 1].map(each => row(2 * n + each))

const commands: Record<string, (argument: string) => Promise<unknown>> = {
  open: () => store.open(),
  close: () => store.close(),
  commit: n => store.commit({ put: [row(Number(n))] }),
  count: async () => (await store.query({ limit: 1_000_000 })).rows.length,
  /** Writes one pair after the other, until it is killed. */
  flood: async from => {
    for (let n = Number(from); ; n++) {
      await store.commit({ put: pair(n) })
      process.stdout.write(`durable ${n}\n`)
    }
  },
  /** Never comes back to the event loop. */
  block: async () => {
    process.stdout.write('blocked\n')
    for (;;);
  },
}

createInterface({ input: process.stdin }).on('line', line => {
  const [command, argument = ''] = line.split(' ')
  commands[command!]!(argument).then(
    outcome => console.log(`${line}: ${outcome ?? 'done'}`),
    (error: Error) => console.log(`${line}: ${error instanceof StoreError ? error.kind : 'other'}: ${error.message}`),
  )
})
console.log(`ready ${process.pid}`)
