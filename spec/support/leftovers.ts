/** When all specs have run, the process has to end by itself. Where something keeps it, it says what, and fails: else a run would never end. */

interface Handle {
  readonly constructor: { readonly name: string }
  readonly localPort?: number
  readonly remotePort?: number
  readonly spawnfile?: string
}

const patienceMs = 15_000

export const mochaHooks = {
  afterAll(): void {
    // Keeps nothing alive itself: where nothing else does, it never runs.
    setTimeout(() => {
      const { _getActiveHandles } = process as unknown as { _getActiveHandles(): Handle[] }
      const handles = _getActiveHandles.call(process).map(handle => {
        const { localPort, remotePort, spawnfile } = handle
        return `${handle.constructor.name} ${JSON.stringify({ localPort, remotePort, spawnfile })}`
      })
      const kept = [...process.getActiveResourcesInfo(), ...handles].join(', ')
      console.error(`The specs are done, and something keeps their process open: ${kept}`)
      process.exit(1)
    }, patienceMs).unref()
  },
}
