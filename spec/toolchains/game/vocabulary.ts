// Everything here is found through re-exports.
import type { int16, str, uint8 } from 'fieldcast'

export type Name = str<32>
export interface Point<T = int16> {
  x: T
  y: T
}
export interface Named {
  readonly name: Name
}
export interface Item extends Named {
  count: uint8
  note?: string
}
export interface Item {
  tags: readonly string[]
}
export interface Folder<T> extends Named {
  entries: (T | Folder<T>)[]
}
export type Json = null | boolean | number | string | Json[] | Map<string, Json>
export enum Team {
  Red,
  Blue,
}
export enum Rank {
  Low = 1,
  Middle,
  High = Middle << 2,
  Top = 'top',
}
export default interface Weather {
  wind: number
}
