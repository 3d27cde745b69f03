/** What each reader of types can be told. */
export interface PluginOptions {
  /**
   * Lets the project's own TypeScript decide the types that cannot be read off the source: mapped and conditional types, `ReturnType` and the like.
   * @default false: they are refused
   */
  readonly checker?: boolean | undefined
}
