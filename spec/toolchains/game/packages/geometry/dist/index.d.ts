import type { Box } from './box.js'

export type { Box }
export interface Circle {
  readonly kind: 'circle'
  readonly radius: number
}
export declare enum Side {
  Left = 'left',
  Right = 'right',
}
