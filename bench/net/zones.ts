/** Many zones: 500 clients walk over a grid of 20 by 20, each watches the nine zones around it and moves 20 times a second. */
import type { Run, Suite, Table } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import * as who from './contestants.ts'
import { cell, side } from './grid.ts'
import { playMatch, type Reading } from './match.ts'
import { columns, ratio, rowOf } from './rows.ts'

const walkers = 500
const zones = side ** 2
/** Players in the nine zones around a walker, itself among them. */
const neighbours = Math.round((walkers * 9) / zones)
const arenas = Math.round(walkers / neighbours)

const bare: Contestant = { ...who.bare, name: 'bare ws, walkers', server: 'net/bare-grid.ts', options: {} }
const fieldcast: Contestant = {
  ...who.fieldcast,
  name: 'fieldcast, walkers',
  server: 'net/fieldcast-grid.ts',
  options: {},
}
const standing = (walking: Contestant): Contestant => ({
  ...walking,
  name: `${walking.name.split(',')[0]}, ${arenas} arenas of ${neighbours}`,
  options: { arenas },
})
const alone = (contestant: Contestant, players: number): Contestant => ({
  ...contestant,
  name: `${contestant.name.split(',')[0]}, one arena of ${players}`,
  players,
})
const arenasOf = { few: standing(fieldcast), one: alone(who.fieldcast, neighbours), many: alone(who.fieldcast, 50) }
const contestants: readonly Contestant[] = [
  bare,
  fieldcast,
  standing(bare),
  arenasOf.few,
  alone(who.bare, neighbours),
  arenasOf.one,
  alone(who.bare, 50),
  arenasOf.many,
]

const text = `Each of ${walkers} walkers moves a unit 20 times a second in a world of ${side * cell} by ${side * cell} units, whose zones are ${cell} wide: it crosses a border about every ${Math.round(cell / 20)} s, and about ${neighbours} players are in the nine zones that it watches.
The server puts the avatar into its zone and sets the nine (\`client.zones.set\`) in the handler of the move. The control keeps the same grid, copies what is new in nine cells into one frame per client and tick, and tells nobody who has come or gone.
Beside them, in the same rounds: as many clients at once in ${arenas} arenas of as many players as a walker sees, and single arenas of ${neighbours} and of 50. A single small arena delivers so few moves that what a server costs when idle weighs most there.`

async function walk(pace: { readonly rounds: number; readonly seconds: number }, log: Run['log']): Promise<Table> {
  const readings = await playMatch({ contestants, players: walkers, readers: 50, world: side * cell, ...pace }, log)
  const of = (contestant: Contestant): readonly Reading[] => readings[contestants.indexOf(contestant)]!
  const to = (arena: Contestant, name: string) => ({
    text: `CPU per delivered move of walkers, to ${name}`,
    figure: ratio(of(fieldcast), of(arena), 'cpu'),
    unit: '',
    atMost: 2,
  })
  return {
    id: 'zones',
    title: `${walkers} walkers over ${zones} zones`,
    text,
    columns: columns.filter(({ id }) => id !== 'seen'),
    rows: contestants.map(contestant => rowOf(contestant, of(contestant), of(bare))),
    goals: [
      to(arenasOf.few, `${arenas} arenas of ${neighbours}`),
      to(arenasOf.one, `one arena of ${neighbours}`),
      to(arenasOf.many, 'one arena of 50'),
    ],
    plots: [
      {
        id: 'zones',
        title: 'CPU per delivered move',
        kind: 'bars',
        x: '',
        y: 'µs',
        points: contestants.map(contestant => ({
          series: contestant.kind,
          x: contestant.name,
          y: rowOf(contestant, of(contestant), of(bare)).figures.cpu!.median,
        })),
      },
    ],
  }
}

const suite: Suite = {
  id: 'zones',
  title: 'Many zones',
  seconds: 240,
  async run({ quick, log }) {
    return [await walk(quick ? { rounds: 2, seconds: 2 } : { rounds: 4, seconds: 4 }, log)]
  },
}

export default suite
