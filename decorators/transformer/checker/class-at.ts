/** Finds a class in TypeScript's syntax tree by where it ends: the parsers agree on that, and not on where a decorated one starts. */
interface Node {
  readonly pos: number
  readonly end: number
  readonly members?: unknown
}

export function classAt<N extends Node>(
  root: N,
  end: number,
  eachChild: (node: N, visit: (child: N) => N | undefined) => N | undefined,
): N | undefined {
  const visit = (node: N): N | undefined => {
    if (node.pos >= end || node.end < end) return undefined
    // Only a class has members there: what else ends with it contains it.
    return node.end === end && node.members ? node : eachChild(node, visit)
  }
  return eachChild(root, visit)
}
