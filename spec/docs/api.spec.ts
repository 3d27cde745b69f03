/** The page of the API leaves nothing out: each name of the public interfaces stands in its section. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from '../../decorators/transformer/source/parse.ts'
import * as errors from '../../lib/base/errors.ts'
import { Flags } from '../../lib/schema/flags.ts'

const page = readFileSync('docs/api.md', 'utf8')

/** The text from a heading to the next one of its rank or above. */
function section(heading: string): string {
  const start = page.indexOf(`\n${heading}\n`)
  expect(start, heading).to.be.greaterThan(-1)
  const rank = heading.indexOf(' ')
  const rest = page.slice(start + heading.length + 1)
  const end = rest.search(new RegExp(`^#{1,${rank}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The names of the public members of an interface or a class. */
function membersOf(file: string, name: string): string[] {
  for (const statement of parse(file, readFileSync(file, 'utf8')).program.body) {
    const node = 'declaration' in statement ? statement.declaration : statement
    if (node?.type !== 'TSInterfaceDeclaration' && node?.type !== 'ClassDeclaration') continue
    if (node.id?.name !== name) continue
    return node.body.body.flatMap(member => {
      if (
        !('key' in member) ||
        ('static' in member && member.static) ||
        ('accessibility' in member && member.accessibility === 'private')
      )
        return []
      if (member.key.type === 'Identifier') return member.key.name === 'constructor' ? [] : [member.key.name]
      return member.key.type === 'Literal' ? [String(member.key.value)] : []
    })
  }
  throw new Error(`${file} declares no ${name}.`)
}

const expectNames = (names: readonly string[], heading: string): void => {
  const text = section(heading)
  expect(names).to.not.be.empty
  expect(
    names.filter(name => !new RegExp(`\`${name}[\`(?]`).test(text)),
    `missing under "${heading}"`,
  ).to.deep.equal([])
}

describe('docs/api.md', () => {
  for (const [file, name, heading] of [
    ['lib/server.ts', 'ServerOptions', '### `createServer(options): Server`'],
    ['lib/server.ts', 'Server', '### Members of `Server`'],
    ['lib/server.ts', 'ServerObjects', '### Members of `Server`'],
    ['lib/replication/authority/life.ts', 'CreateOptions', '### Members of `Server`'],
    ['lib/replication/authority/events.ts', 'ServerEvents', '### Events of the server'],
    ['lib/replication/authority/client.ts', 'Client', '### `Client` of the server'],
    ['lib/replication/authority/client.ts', 'WatchedZones', '### `Client` of the server'],
    ['lib/protocol/limits.ts', 'Limits', '### Limits'],
    ['lib/replication/view/client.ts', 'ConnectOptions', '### `connect(url, options): Promise<Client>`'],
    ['lib/replication/view/client.ts', 'Client', '### Members of `Client`'],
    ['lib/replication/view/client.ts', 'ClientZones', '### Members of `Client`'],
    ['lib/replication/view/client.ts', 'ObjectsInView', '### Members of `Client`'],
    ['lib/replication/view/events.ts', 'ClientEvents', '### Events of the client'],
    ['lib/schema/declaration.ts', 'ClassOptions', '### `@networkClass(id, options?)`'],
    ['lib/schema/declaration.ts', 'FieldOptions', '### `@field(flags, options?)`'],
    ['lib/schema/network-object.ts', 'NetworkObject', '### Members of `NetworkObject`'],
    ['lib/harness/world.ts', 'WorldOptions', '## World'],
    ['lib/harness/world.ts', 'World', '## World'],
  ] as const) {
    it(`names each member of ${name} (${file})`, () => expectNames(membersOf(file, name), heading))
  }

  it('names each entry point', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object }
    const named = page.split('\n').flatMap(line => {
      const names = [...(line.match(/^\| (`(?:fieldcast|\/)[^|]*)\|/)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(
        ([, name]) => name!,
      )
      // `fieldcast/stores/postgres` `/mariadb`: the latter stands beside the former.
      return names.map(name => (name.startsWith('/') ? names[0]!.replace(/\/[^/]*$/, name) : name))
    })
    const entries = Object.keys(exports).filter(entry => entry !== './package.json')
    expect(named).to.have.members(entries.map(entry => entry.replace('.', 'fieldcast')))
  })

  it('names each flag', () => expectNames(Object.keys(Flags), '### Flags'))

  it('names each error', () =>
    expectNames(
      Object.keys(errors).filter(name => name !== 'FieldcastError'),
      '## Errors',
    ))
})
