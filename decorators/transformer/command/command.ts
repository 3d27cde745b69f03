/** What a sub-command of `fieldcast` is. */
export interface Command {
  readonly usage: string
  /** Takes what follows the sub-command's name, gives the exit code. */
  run(args: readonly string[]): Promise<number>
}
