/** How a game begins on what it finds: everything is looked at in every way there is, and what it finds is said. */
import type { Server, StoredObject } from 'fieldcast/server'
import type { Entry, Player } from './player.ts'
import type { Report } from './reports.ts'
import { HOLDERS, PHASES, stateOf, ZONES } from './state.ts'
import { heardBy, Thing } from './thing.ts'

/** Less than the things that there are, so that there are pages. */
const PAGE = 16

/** Gives all things, loaded but for one in eight. */
export async function openWorld(server: Server, player: Player, report: (...line: Report) => void): Promise<Entry[]> {
  const found: StoredObject[] = []
  for (let after: string | undefined; ; ) {
    const page = await server.find(Thing, {}, { limit: PAGE, ...(after && { after }) })
    found.push(...page)
    if (page.length < PAGE) break
    after = page.at(-1)!.id
  }
  for (const thing of found) report('found', thing)

  const find = async (where: object, options: object): Promise<string[]> =>
    (await server.find(Thing, where as Record<string, unknown>, { limit: 1000, ...options })).map(({ id }) => id)
  for (let phase = 0; phase < PHASES; phase++) report('index', 'phase', phase, await find({ phase }, {}))
  for (const name of new Set(found.slice(0, 20).map(thing => stateOf(thing).name)))
    report('index', 'name', name, await find({ name }, {}))
  for (const owner of HOLDERS) report('index', 'holder', owner, await find({}, { owner }))
  for (const zone of ZONES) report('index', 'place', zone, await find({}, { zone }))

  const live = new Map<string, Thing>()
  for (const zone of ZONES.slice(1))
    for (const thing of await server.loadZone(zone)) live.set(thing.storedId!, thing as Thing)
  for (const [at, { id }] of found.entries()) {
    if (live.has(id) || at % 2 > 0) continue
    const thing = await server.load<Thing>(id, { owner: player.visitor(stateOf(found[at]!).holder) })
    if (thing) live.set(id, thing)
    else report('wrong', `${id} was found and cannot be loaded`)
  }
  return found.map(thing => {
    const { seal, ...state } = stateOf(thing)
    const present = live.get(thing.id) ?? null
    // The account has stayed its owner; now the client is there too.
    if (present && !present.owner) present.transferOwner(player.visitor(state.holder))
    if (present && (JSON.stringify(heardBy(present)) !== JSON.stringify(state) || present.zone !== thing.zone))
      report('wrong', `${thing.id} has been loaded as another: ${JSON.stringify(heardBy(present))}`)
    return { id: thing.id, state, live: present, busy: false }
  })
}
