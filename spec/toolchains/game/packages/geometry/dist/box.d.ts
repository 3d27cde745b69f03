export interface Box {
  readonly kind: 'box'
  readonly size: readonly [width: number, height: number]
}
