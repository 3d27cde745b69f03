/** For every field one call of a client and one of the server. */
import type { NetworkObject } from 'fieldcast'
import { Side } from 'geometry'
import { type Folder, Grade, type Json, type Name, Team } from './index.js'
import type { Den, Monster, Player } from './model.js'
import { Vec } from './vec.js'

/** The objects that calls are made on and refer to. */
export interface Cast {
  readonly player: Player
  readonly monster: Monster
  readonly den: Den
}

type Args<T, F extends keyof T> = T[F] extends (...args: infer A) => unknown ? A : never
type Samples<T, Without extends keyof T> = {
  readonly [F in Exclude<
    { [F in keyof T]: T[F] extends (...args: any) => void ? F : never }[keyof T],
    keyof NetworkObject | Without
  >]: readonly [client: Args<T, F>, server: Args<T, F>]
}

const id = (text: string): string & { readonly __brand: 'id' } => text as string & { readonly __brand: 'id' }

function vec(x: number, y: number, parent?: Vec): Vec {
  const made = new Vec(x, y)
  made.label = `${x}|${y}`
  if (parent) made.parent = parent
  return made
}

const ofPlayer = ({ player, monster, den }: Cast): Samples<Player, 'buy' | 'recite' | 'settle' | 'say' | 'shift'> => ({
  integers: [
    [-128, 32767, -2147483648, -9223372036854775808n, 255, 65535, 4294967295, 18446744073709551615n, -64],
    [127, -32768, 2147483647, 9223372036854775807n, 0, 1, 2, 3n, 9007199254740991],
  ],
  others: [
    [1.5, 0.1, true, 'ÿ€𝄞', 'x'.repeat(64), new Uint8Array([0, 255, 128]), [1, -2, 3], 1],
    [Number.NaN, -0, false, '', '', new Uint8Array(0), [], -0.25],
  ],
  plain: [
    [0.1 + 0.2, 'a\0b', true, 12n, new Uint8Array([7]), new Date(1e12), null, new Map([['a', [1, vec(1, 2)]]]), 5],
    [Number.NEGATIVE_INFINITY, '𝄞', false, -1n, new Uint8Array([8, 9]), new Date(0), null, { deep: [null, 'x'] }, -5],
  ],
  lists: [
    [[1, 2.5], ['a', ''], [true, false], [new Date(5)], new Set([3, 1]), new Map([['k', [1, 2]]]), new Float32Array(3)],
    [[], [], [], [], new Set(), new Map(), new Float32Array([0.5, -1, Number.POSITIVE_INFINITY])],
  ],
  tuples: [
    [[1, 'one'], [2], [true, 1, 2, 3], [4, 5], []],
    [[-1], [-2, 'two'], [false], [0, 0], []],
  ],
  parameters: [[1], [2, 4, 'given', false, 7, 'name', { x: 1, y: 2 }, { x: -3, y: -4 }]],
  unions: [
    [null, undefined, 'a', 1, true, null, 'maybe', 12],
    [9, 'text', 'b', -2, 'x', undefined, null, 'twelve'],
  ],
  enums: [
    [Team.Red, Grade.Top, Grade.High, Side.Left],
    [Team.Blue, Grade.Middle, Grade.High, Side.Right],
  ],
  objects: [
    [
      { x: 1, y: 2 },
      { x: 0.5, y: -0.5 },
      { name: 'sword', count: 1, note: 'sharp', tags: ['iron', 'old'] },
      { a: 1, 'b c': 'both', 3: true },
      { wind: 12.5 },
      3.5,
    ],
    [{ x: -1, y: -2 }, { x: 0, y: 0 }, { name: '', count: 0, tags: [] }, { a: 0, 3: false }, { wind: 0 }, 0],
  ],
  combined: [
    [{ a: 1, b: 'b' }, { kind: 'circle', radius: 2 }, { x: 1, y: 2, at: new Date(9) }, id('one')],
    [
      { a: 2 },
      {
        kind: 'path',
        points: [
          [0, 0.5],
          [1, 1.5],
        ],
      },
      { wind: 3, at: new Date(10) },
      id('two'),
    ],
  ],
  recursive: [
    [
      { name: 'root', entries: ['leaf', { name: 'inner', entries: ['deep'] }] } satisfies Folder<Name>,
      [1, 'a', null, [true, new Map<string, Json>([['k', [2]]])]],
    ],
    [{ name: 'bare', entries: [] }, null],
  ],
  imported: [
    [
      { x: true, y: false },
      { kind: 'circle', radius: 1 },
    ],
    [
      { x: false, y: true },
      { kind: 'circle', radius: 0.25 },
    ],
  ],
  helpers: [
    [
      { x: 1 },
      { name: 'n', note: 'o' },
      { name: 'n', count: 3 },
      { a: true, b: false },
      { name: 'n', count: 3, note: 'o', tags: ['t'] },
      { x: 5, y: 6 },
      'indexed',
    ],
    [
      {},
      { name: '' },
      { name: '', count: 0, note: 'p' },
      { a: false, b: true },
      { name: '', count: 0, note: '', tags: [] },
      { x: 0, y: 0 },
      '',
    ],
  ],
  references: [
    [player, vec(3, 4, vec(6, 8)), [den, den], monster],
    [monster, vec(0, 0), [], den],
  ],
  byHand: [
    [7, 'seven'],
    [-7, ''],
  ],
})

/** A call that is still to be made. */
export interface Deed {
  readonly object: NetworkObject
  readonly field: string
  readonly args: readonly unknown[]
}

/** All calls of one side, in order. */
export function deeds(cast: Cast, side: 'client' | 'server'): Deed[] {
  const { player, monster, den } = cast
  const pick = (object: NetworkObject, samples: object): Deed[] =>
    Object.entries(samples as Record<string, readonly [readonly unknown[], readonly unknown[]]>).map(
      ([field, [client, server]]) => ({ object, field, args: side === 'client' ? client : server }),
    )
  return [
    ...pick(player, ofPlayer(cast)),
    ...pick(monster, {
      target: [
        [player, null],
        [player, monster],
      ],
      byHand: [
        [1, 'one'],
        [2, 'two'],
      ],
    }),
    ...pick(den, {
      put: [
        [[{ name: 'coin', count: 9, tags: [] }], new Set(['a', 'b'])],
        [[], new Set()],
      ],
      clearAll: [[], []],
    }),
  ]
}

/** Sends it. */
export function perform({ object, field, args }: Deed): void {
  const send = object.send as unknown as Record<string, (...args: readonly unknown[]) => void>
  send[field]!(...args)
}
