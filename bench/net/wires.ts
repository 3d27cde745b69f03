/** The arena over each wire: the same game and the same load, so that what differs is the wire's. */
import type { Row, Suite } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import * as who from './contestants.ts'
import { playMatch, type Reading } from './match.ts'
import { columns, excess, ratio, rowOf } from './rows.ts'

/** What a wire is played by: fieldcast, beside a bare server of the same wire, if there is one. */
interface Wire {
  readonly name: string
  readonly bare?: Contestant
  readonly fieldcast: Contestant
}

const wires: readonly Wire[] = [
  { name: 'WebSocket', bare: who.bare, fieldcast: who.fieldcast },
  { name: 'TCP', bare: who.bareTcp, fieldcast: who.fieldcastTcp },
  { name: 'UDP', bare: who.bareUdp, fieldcast: who.fieldcastUdp },
  { name: 'WebRTC', bare: who.bareWebrtc, fieldcast: who.fieldcastWebrtc },
]

const suite: Suite = {
  id: 'wires',
  title: 'The arena over each wire',
  seconds: 260,
  async run({ quick, log }) {
    const players = quick ? 50 : 200
    const pace = quick ? { rounds: 2, seconds: 1.5 } : { rounds: 5, seconds: 4 }
    const contestants = wires.flatMap(({ bare, fieldcast }) => (bare ? [bare, fieldcast] : [fieldcast]))
    const readings = await playMatch({ contestants, players, readers: 5, world: 2000, ...pace }, log)
    const of = (contestant: Contestant): readonly Reading[] => readings[contestants.indexOf(contestant)]!
    const rows = contestants.map((contestant): Row => {
      const row = rowOf(contestant, of(contestant), of(who.bare))
      const { bare } = wires.find(({ fieldcast }) => fieldcast === contestant) ?? {}
      return bare ? { ...row, figures: { ...row.figures, own: ratio(of(contestant), of(bare), 'cpu') } } : row
    })
    const [cpu, toBare, ...others] = columns
    return [
      {
        id: 'wires',
        title: `Arena over each wire, ${players} clients`,
        text: 'The arena as above. The bare servers keep the newest move per player and send one buffer per tick to all; that of TCP writes the length before each frame and reads no other, those of UDP and WebRTC send packets of at most 1,000 bytes that may be lost, as fieldcast sends `Latest` calls there. The first ratio is to bare `ws`, the second to the bare server of the same wire.',
        columns: [
          cpu!,
          { ...toBare!, title: 'to bare ws' },
          { id: 'own', title: 'to bare, same wire', unit: '' },
          ...others,
        ],
        rows,
        goals: wires.flatMap(({ name, bare, fieldcast }) =>
          bare && bare !== who.bare
            ? [
                {
                  text: `${name}: CPU per delivered move, to the bare server of the same wire`,
                  figure: ratio(of(fieldcast), of(bare), 'cpu'),
                  unit: '',
                  atMost: 1,
                },
                {
                  text: `${name}: age p99 over the bare server's`,
                  figure: excess(of(fieldcast), of(bare), 'p99'),
                  unit: 'ms',
                  atMost: 5,
                },
              ]
            : [],
        ),
        plots: [
          {
            id: 'wires',
            title: `CPU per delivered move, ${players} clients, to bare ws`,
            kind: 'bars',
            x: '',
            y: 'times the bare server',
            points: contestants.map(contestant => ({
              series: contestant.kind,
              x: contestant.name,
              y: ratio(of(contestant), of(who.bare), 'cpu').median,
            })),
          },
        ],
      },
    ]
  },
}

export default suite
