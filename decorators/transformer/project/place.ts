/** Where something stands in the source, as `file:line`. */
import { relative, sep } from 'node:path'
import type { Class, Node } from '../source/parse.ts'
import type { Module, Scope } from '../source/scope.ts'

export interface SourcePlace {
  /** Absolute path. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

export function placeIn({ file, source }: Module, { start }: Pick<Node, 'start'>): SourcePlace {
  return { file, line: source.slice(0, start).split('\n').length }
}

/** Where the name of a class stands. */
export function placeOf({ node, scope }: { readonly node: Class; readonly scope: Scope }): SourcePlace {
  return placeIn(scope.module, node.id ?? node.body)
}

/** `model.ts:12`, seen from a folder, with slashes. */
export function placeText({ file, line }: SourcePlace, from: string): string {
  return `${pathFrom(from, file)}:${line}`
}

export function pathFrom(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/')
}
