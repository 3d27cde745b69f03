/** The colours that a player may choose from: what the light falls on, the body, and its shade. */
export interface Colour {
  readonly light: string
  readonly body: string
  readonly shade: string
}

const list: readonly (readonly [light: string, body: string, shade: string])[] = [
  ['#ff9d8a', '#f4664f', '#c9432f'],
  ['#ffc27a', '#f7943e', '#cf6d1c'],
  ['#ffe38a', '#f5c23b', '#c99617'],
  ['#a8e08a', '#62bb52', '#3f9138'],
  ['#7fe0c4', '#2eb594', '#178a6e'],
  ['#86d6f7', '#35a7e0', '#1a7db4'],
  ['#9db4ff', '#5b78f0', '#3b55c6'],
  ['#c7a4ff', '#9463ea', '#6d40bf'],
  ['#ffa3d1', '#ea5ca2', '#bd387d'],
  ['#dfe3f2', '#a9b1cc', '#7c85a6'],
]

export const COLOURS: readonly Colour[] = list.map(([light, body, shade]) => ({ light, body, shade }))

export function colourOf(index: number): Colour {
  return COLOURS[index % COLOURS.length]!
}
