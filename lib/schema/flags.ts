/** What a field's flags may say, and which combinations contradict themselves. Rules 2 to 4 and 11 to 16 of docs/guarantees.md. */

/** Who may call a field from afar, who receives it, what is kept of it, and how it travels. Combine with `|`. */
export const Flags = {
  /** The object's owner may send it. */
  OwnerSend: 1,
  /** Any client that sees the object may send it. */
  ClientSend: 2,
  /** The zone's watchers receive it, not the owner alone. */
  Broadcast: 4,
  /** The owner alone receives it and finds it in snapshots. */
  OwnerOnly: 8,
  /** It never leaves the server. */
  ServerOnly: 16,
  /** The last call is kept in memory and replayed to whoever comes to see the object. */
  RAM: 32,
  /** The last call is kept in memory and, for stored objects, in the store. */
  Database: 96,
  /** Always in the snapshot: from RAM, else the store, else the default, else the getter. */
  Required: 128,
  /** Only the newest call of a tick need arrive. */
  Latest: 256,
  /** May be lost, never arrives late. */
  Unreliable: 512,
  /** Not delivered back to the client that sent it. */
  NoEcho: 1024,
  /** Runs at its sender at once; the server's word still counts. */
  Predict: 2048,
} as const

const all = Object.values(Flags).reduce((sum: number, flag) => sum | flag, 0)

/** The words of each contradiction, as types: the decorators show them where flags are written as a list, and the compiler holds both to them. */
export interface Contradictions {
  readonly ownerOnly: 'OwnerOnly narrows what Broadcast widens'
  readonly serverOnly: 'ServerOnly never leaves the server, so neither Broadcast nor OwnerOnly apply'
  readonly predict: 'Predict needs OwnerSend or ClientSend'
  readonly noEcho: 'NoEcho needs OwnerSend or ClientSend'
}

/** Why these flags cannot stand together, or undefined where they can. */
export function contradiction(
  flags: number,
): Contradictions[keyof Contradictions] | `${string} is no combination of Flags` | undefined {
  if ((flags & all) !== flags) return `${flags} is no combination of Flags`
  const has = (flag: number): boolean => (flags & flag) !== 0
  if (has(Flags.OwnerOnly) && has(Flags.Broadcast)) return 'OwnerOnly narrows what Broadcast widens'
  if (has(Flags.ServerOnly) && has(Flags.Broadcast | Flags.OwnerOnly))
    return 'ServerOnly never leaves the server, so neither Broadcast nor OwnerOnly apply'
  for (const name of ['Predict', 'NoEcho'] as const)
    if (has(Flags[name]) && !has(Flags.OwnerSend | Flags.ClientSend)) return `${name} needs OwnerSend or ClientSend`
  return undefined
}
