/** The call path in ns: decode, checks, handler, keep, append and flush, over no wire and over the memory transport, against bare controls. */
import { type Column, figureOf, type Row, ratioOf, type Suite, type Table } from '../kit/table.ts'
import type { CallPathArgument, CallPathResult } from './call-path-part.ts'
import { type Contestant, contestant, inTurn, onlyRound } from './contestant.ts'
import { quietHeap } from './heap.ts'
import type { MoverKind } from './movers.ts'

const module = new URL('./call-path-part.ts', import.meta.url).href
const clients = 200
/** What a busy client sends in one turn. */
const gatheredCalls = 10
const columns: readonly Column[] = [
  { id: 'calls', title: 'calls', unit: 'ns' },
  { id: 'flush', title: 'flush', unit: 'ns' },
  { id: 'total', title: 'per call', unit: 'ns' },
  { id: 'rate', title: 'calls a second, millions', unit: '' },
  { id: 'ratio', title: 'to bare', unit: '' },
  { id: 'bytes', title: 'per delivered call', unit: 'bytes' },
]

const suite: Suite = {
  id: 'call-path',
  title: 'The call path',
  seconds: 60,
  async run({ quick, log }) {
    const rounds = quick ? 2 : 7
    const ticks = quick ? 50 : 300
    const measure = async (
      wire: CallPathArgument['wire'],
      kinds: readonly CallPathArgument['kind'][],
      calls = 1,
    ): Promise<Record<string, CallPathResult[]>> => {
      log(`${clients} clients over ${wire === 'hand' ? 'no wire' : 'the memory transport'}: ${kinds.join(', ')}`)
      const contestants: Contestant<CallPathResult>[] = []
      try {
        for (const kind of kinds)
          contestants.push(await contestant(module, { wire, kind, clients, calls, ticks: Math.ceil(ticks / calls) }))
        const results = await inTurn(contestants, rounds)
        return Object.fromEntries(kinds.map((kind, i) => [kind, results[i]!]))
      } finally {
        await Promise.all(contestants.map(one => one.end()))
      }
    }
    const memory = await measure('memory', ['plain', 'latest', 'bare'])
    const gathered = await measure('memory', ['plain', 'latest', 'bare'], gatheredCalls)
    const hand = await measure('hand', ['plain', 'latest', 'unkept', 'unheard', 'vetoed', 'bare'])
    log('bytes allocated per receiver')
    const allocated = await Promise.all(
      (['plain', 'latest'] as const).map(async kind => [kind, await perReceiver(kind, quick)] as const),
    )
    return [
      wireTable('call-path', 'The call path, over no wire', hand, overNothing),
      wireTable('call-path-memory', 'The call path, over the memory transport', memory, overMemory(1)),
      wireTable(
        'call-path-gathered',
        `The call path, over the memory transport, ${gatheredCalls} calls in a frame`,
        gathered,
        overMemory(gatheredCalls),
      ),
      stages(hand),
      allocations(Object.fromEntries(allocated)),
    ]
  },
}
export default suite

const names: Readonly<Record<string, string>> = {
  plain: 'fieldcast',
  latest: 'fieldcast, a Latest field',
  unkept: 'fieldcast, not kept',
  unheard: 'fieldcast, nobody receives it',
  vetoed: 'fieldcast, vetoed by the handler',
  bare: 'bare',
}

const overNothing = `${clients} clients in one zone, each calls \`moveTo(int16, int16, uint32)\` once a tick and receives everyone's; ns per call of the server alone: what it would send is counted.`
const overMemory = (calls: number): string =>
  `The same between two ends of the memory transport, both ways, ${calls === 1 ? 'one call' : `${calls} calls, as a client gathers them,`} in each client's frame a tick; what the clients do is to send, and to count what comes. The transport copies each frame for each receiver, as its contract has it: that is most of what the bare control takes.`

function wireTable(id: string, title: string, results: Record<string, CallPathResult[]>, text: string): Table {
  const bare = results.bare!.map(({ total }) => total)
  const rows = Object.entries(results).map(([kind, rounds]): Row => {
    const of = (key: keyof CallPathResult): number[] => rounds.map(result => result[key])
    const reaches = kind !== 'unheard' && kind !== 'vetoed'
    return {
      name: names[kind]!,
      kind: kind === 'bare' ? 'bare' : 'fieldcast',
      figures: {
        calls: figureOf(of('calls')),
        flush: figureOf(of('flush')),
        total: figureOf(of('total')),
        rate: figureOf(of('total').map(ns => 1e3 / ns)),
        ratio: ratioOf(of('total'), bare),
        ...(reaches && { bytes: figureOf(of('bytes')) }),
      },
    }
  })
  // One call in a frame: the wire's own turn for each frame weighs most, for the bare loop too.
  const goals = (id === 'call-path-memory' ? [] : rows)
    .filter(row => row.name === names.plain || row.name === names.latest)
    .map(row => ({
      text: `${row.name}, calls a second, millions`,
      figure: row.figures.rate!,
      unit: '',
      atLeast: 1.5,
    }))
  return {
    id,
    title,
    text: `${text} \`calls\` is decode, checks, handler, keep and append, \`flush\` is the tick. The bare control decodes the same values, keeps the newest of each client, and sends one buffer to all.`,
    columns,
    rows,
    goals,
    plots: [
      {
        id,
        title,
        kind: 'bars',
        x: '',
        y: 'ns per call',
        // Without the vetoed, beside which nothing else would show.
        points: rows
          .filter(({ name }) => name !== names.vetoed)
          .flatMap(({ name, figures }) =>
            (['calls', 'flush'] as const).map(half => ({ series: half, x: name, y: figures[half]!.median })),
          ),
      },
    ],
  }
}

/** What each stage adds, round by round: the same move with and without it. */
function stages(results: Record<string, CallPathResult[]>): Table {
  const calls = (kind: MoverKind): number[] => results[kind]!.map(result => result.calls)
  const less = (kind: MoverKind, by: MoverKind): number[] => calls(kind).map((ns, i) => ns - calls(by)[i]!)
  const stage = (name: string, ns: readonly number[]): Row => ({
    name,
    kind: 'fieldcast',
    figures: { ns: figureOf(ns) },
  })
  return {
    id: 'call-path-stages',
    title: 'The call path by stage',
    text: 'Differences between fields that have one flag more: noisy where a stage is small. Over no wire.',
    columns: [{ id: 'ns', title: 'per call', unit: 'ns' }],
    rows: [
      stage('session, decode, checks, handler', calls('unheard')),
      stage("append to the zone's stream", less('unkept', 'unheard')),
      stage('keep (RAM)', less('plain', 'unkept')),
      stage(
        'flush: one frame for all, handed to each',
        results.plain!.map(({ flush }) => flush),
      ),
      stage('a veto instead: the sender is told, with the value that stands', less('vetoed', 'unheard')),
    ],
    goals: [],
    plots: [],
  }
}

async function perReceiver(kind: MoverKind, quick: boolean): Promise<number[]> {
  const file = new URL('./allocations.ts', import.meta.url).href
  const values: number[] = []
  for (let i = 0; i < (quick ? 1 : 3); i++)
    values.push((await onlyRound<{ perReceiver: number }>(file, { kind }, quietHeap)).perReceiver)
  return values
}

function allocations(results: Record<string, number[]>): Table {
  return {
    id: 'call-path-allocations',
    title: 'Bytes allocated per receiver',
    text: 'Ten callers, who are heard by 200 and by 400 clients: what a tick with 400 allocates more than one with 200, per client more. Heap and buffers, garbage included.',
    columns: [{ id: 'bytes', title: 'per receiver and tick', unit: 'bytes' }],
    rows: Object.entries(results).map(([kind, values]) => ({
      name: names[kind]!,
      kind: 'fieldcast',
      figures: { bytes: figureOf(values) },
    })),
    goals: Object.entries(results).map(([kind, values]) => ({
      text: `${names[kind]}: bytes allocated per receiver and tick`,
      figure: figureOf(values),
      unit: 'bytes',
      atMost: 1,
    })),
    plots: [],
  }
}
