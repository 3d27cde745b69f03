/** What Node hands to hooks, and what it wants of them. */

export interface ResolveContext {
  readonly parentURL?: string | undefined
}
export interface Resolution {
  readonly url: string
  readonly format?: string | null
  readonly shortCircuit?: boolean
}
export interface LoadContext {
  readonly format?: string | null | undefined
  readonly conditions?: readonly string[]
}
export interface Loaded {
  readonly format: string
  readonly source?: unknown
  readonly shortCircuit?: boolean
}
