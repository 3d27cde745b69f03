/** The house rules: who may import whom, which file is the door to what. */
import { expect } from 'chai'
import { type Import, readSources, type Source } from './sources.ts'

const sources = readSources('lib', 'decorators', 'transports')

/** Ground floor first: a room imports from itself and from those before it. */
const rooms = ['base', 'schema', 'protocol', 'link', 'session', 'messages', 'query', 'replication', 'stores', 'harness']
/** The entry points stand above all rooms. */
const entryPoints = [
  'lib/index.ts',
  'lib/client.ts',
  'lib/server.ts',
  'lib/testing.ts',
  'lib/token.ts',
  'lib/query.ts',
  'lib/messages.ts',
  'lib/schema-file.ts',
  'lib/actions.ts',
  'lib/actions-server.ts',
  'lib/ping.ts',
]
/** Where parts are put together that do not know each other. */
const compositionRoots = [...entryPoints, 'lib/harness/world.ts']

const roomOf = (file: string): string => /^lib\/([^/]+)\//.exec(file)?.[1] ?? file
const all = [...sources.values()]
const within = (folder: string): Source[] => all.filter(({ file }) => file.startsWith(folder))

/** Those that run in Node alone: the stores over a driver, and what is made of stores. */
const drivesDatabase = (file: string): boolean =>
  /^lib\/stores\/(lmdb|postgres|mariadb|mongodb|accounts|suite|command|by-url)\b/.test(file)

/** A command, and zlib for servers: in a page another file takes its place. */
const alsoInNode: readonly string[] = ['lib/ping.ts', 'lib/session/hmac-node.ts', 'lib/session/zlib-node.ts']

/** Every import from one of our files to another that is not allowed. */
function strays(from: readonly Source[], mayImport: (source: Source, target: string) => boolean): string[] {
  return from.flatMap(source =>
    source.imports
      .filter(({ file }) => file !== null && !mayImport(source, file))
      .map(({ file }) => `${source.file} imports ${file}`),
  )
}

/** The first cycle among the imports that count, or none. */
function cycle(counts: (made: Import) => boolean): string[] {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const made of sources.get(file)?.imports ?? []) {
      const found = made.file !== null && counts(made) ? visit(made.file, [...path, file]) : []
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  for (const { file } of all) {
    const found = visit(file, [])
    if (found.length > 0) return found
  }
  return []
}

/** The third-party packages, each with the files that import it. */
function doors(): Map<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { file, imports } of all)
    for (const { specifier } of imports) {
      if (/^(\.|#|node:)/.test(specifier)) continue
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      const files = found.get(name) ?? []
      if (!files.includes(file)) found.set(name, [...files, file])
    }
  return found
}

describe('The house', () => {
  it('knows every file of its rooms', () => {
    expect(all.length).to.be.above(100)
    const missing = all.flatMap(({ file, imports }) =>
      imports.filter(made => made.file !== null && !sources.has(made.file)).map(made => `${file}: ${made.specifier}`),
    )
    expect(missing).to.deep.equal([])
    for (const { file } of within('lib/'))
      expect(rooms.includes(roomOf(file)) || entryPoints.includes(file), file).to.equal(true)
  })

  it('builds each room of lib on those below it', () => {
    const mayImport = ({ file }: Source, target: string): boolean => {
      if (!target.startsWith('lib/')) return compositionRoots.includes(file)
      if (entryPoints.includes(file)) return true
      if (roomOf(file) === 'harness') return true
      return rooms.includes(roomOf(target)) && rooms.indexOf(roomOf(target)) <= rooms.indexOf(roomOf(file))
    }
    expect(strays(within('lib/'), mayImport)).to.deep.equal([])
  })

  it('keeps the server and the client apart', () => {
    const apart = (one: string, other: string): string[] =>
      strays(within(one), (_, target) => !target.startsWith(other))
    expect(apart('lib/replication/view/', 'lib/replication/authority/')).to.deep.equal([])
    expect(apart('lib/replication/authority/', 'lib/replication/view/')).to.deep.equal([])
  })

  it('lets decorators see schema, base and what a message is alone', () => {
    const allowed = ['decorators/', 'lib/schema/', 'lib/base/', 'lib/messages/definition.ts']
    // The command `fieldcast` has parts in other rooms.
    const main = 'decorators/transformer/command/main.ts'
    const mayImport = ({ file }: Source, target: string): boolean =>
      allowed.some(room => target.startsWith(room)) ||
      (file === main && ['lib/stores/command/store.ts', 'lib/ping.ts'].includes(target))
    expect(strays(within('decorators/'), mayImport)).to.deep.equal([])
  })

  it('keeps the reader of types apart from the tools that use it, and these from each other', () => {
    const room = (name: string): string => `decorators/transformer/${name}/`
    const apart: Readonly<Record<string, readonly string[]>> = {
      source: ['emitted', 'project', 'shells', 'command'],
      types: ['emitted', 'project', 'shells', 'command'],
      checker: ['emitted', 'project', 'shells', 'command'],
      classes: ['emitted', 'project', 'shells', 'command'],
      emitted: ['project', 'shells', 'command'],
      project: ['emitted', 'shells', 'command'],
      shells: ['project', 'command'],
      command: ['shells'],
    }
    for (const [name, others] of Object.entries(apart))
      expect(
        strays(within(room(name)), (_, target) => !others.some(other => target.startsWith(room(other)))),
      ).to.deep.equal([])
  })

  it('lets transports see link, protocol and base alone', () => {
    const allowed = ['transports/', 'lib/link/', 'lib/protocol/', 'lib/base/']
    expect(strays(within('transports/'), (_, target) => allowed.some(room => target.startsWith(room)))).to.deep.equal(
      [],
    )
  })

  it('has no import cycle at run time', () => {
    expect(cycle(({ isType }) => !isType)).to.deep.equal([])
  })

  it('has no cycle of types either, but among the server’s records, which know each other', () => {
    const record = 'lib/replication/authority/'
    expect(cycle(({ file }) => !file!.startsWith(record))).to.deep.equal([])
  })

  for (const [name, files] of doors())
    it(`lets ${name} in through ${files[0]} alone`, () => {
      expect(files).to.have.length(1)
    })

  it('imports nothing of Node in lib, but for the stores that drive a database, a command, zlib and signatures', () => {
    const portable = within('lib/').filter(({ file }) => !drivesDatabase(file) && !alsoInNode.includes(file))
    for (const { file, imports } of portable)
      expect(
        imports.map(({ specifier }) => specifier).filter(specifier => specifier.startsWith('node:')),
        file,
      ).to.deep.equal([])
  })

  it('reaches time, chance and the console through one door each', () => {
    const doors: Record<string, readonly string[]> = {
      'lib/base/clock.ts': [
        'Date.now',
        'performance.now',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
      ],
      'lib/base/random.ts': ['Math.random', 'crypto'],
      'lib/base/log.ts': ['console'],
    }
    // Virtual time passes between the turns of the real event loop.
    const alsoTime = 'lib/harness/virtual-clock.ts'
    for (const { file, globals } of within('lib/'))
      for (const [door, names] of Object.entries(doors)) {
        if (file === door || (door === 'lib/base/clock.ts' && file === alsoTime)) continue
        expect(
          // Letting the event loop turn between two pieces of work is no matter of time.
          names.filter(name => globals.has(name) && !(name === 'setImmediate' && drivesDatabase(file))),
          file,
        ).to.deep.equal([])
      }
  })
})
