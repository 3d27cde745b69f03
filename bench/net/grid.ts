/** The world of the walkers: a square of square zones. */

/** Zones in a row. */
export const side = 20
/** Width of a zone, in units. */
export const cell = 100

export const zoneAt = (x: number, y: number): number => Math.floor(y / cell) * side + Math.floor(x / cell)

/** A zone and those that touch it; fewer than nine at the rim. */
export const around: readonly (readonly number[])[] = Array.from({ length: side * side }, (_, zone) => {
  const [x, y] = [zone % side, Math.floor(zone / side)]
  const near: number[] = []
  for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, side - 1); row++)
    for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, side - 1); column++) near.push(row * side + column)
  return near
})
