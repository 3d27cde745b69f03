/** Pictures that are drawn once and shown often. */

export interface Texture {
  readonly canvas: HTMLCanvasElement
  /** Pixels per unit. */
  readonly quality: number
}

/** Draws a picture in units: `width` by `height`, the origin at `left`, `top`. */
export function texture(
  width: number,
  height: number,
  quality: number,
  left: number,
  top: number,
  draw: (ctx: CanvasRenderingContext2D) => void,
): Texture {
  const canvas = document.createElement('canvas')
  canvas.width = Math.ceil(width * quality)
  canvas.height = Math.ceil(height * quality)
  const ctx = canvas.getContext('2d')!
  ctx.setTransform(quality, 0, 0, quality, -left * quality, -top * quality)
  draw(ctx)
  return { canvas, quality }
}

/** Textures by key, the most recently used ones; all are dropped when the screen needs another quality. */
export class Textures {
  readonly #most: number
  readonly #kept = new Map<string | number, Texture>()
  #quality = 0

  constructor(most: number) {
    this.#most = most
  }

  get(key: string | number, quality: number, make: () => Texture): Texture {
    if (quality !== this.#quality) this.#kept.clear()
    this.#quality = quality
    const known = this.#kept.get(key)
    const found = known ?? make()
    // A Map keeps the order of insertion: the first is the one that was not used for longest.
    this.#kept.delete(key)
    this.#kept.set(key, found)
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!)
    return found
  }
}
