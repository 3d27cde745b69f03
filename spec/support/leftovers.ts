/** When all specs have run, their process has to end by itself. Where something keeps it, it says what, and ends all the same: else a run might never end. */
import { peersLeft } from '../../transports/webrtc/native.ts'

interface Handle {
  readonly constructor: { readonly name: string }
  readonly localPort?: number
  readonly remotePort?: number
  readonly spawnfile?: string
}

const patienceMs = 15_000

export const mochaHooks = {
  afterAll(): void {
    // Of several processes that share the files each would come here behind each file.
    if (process.env['MOCHA_WORKER_ID'] !== undefined) return
    // Keeps nothing alive itself: where nothing else does, it never runs.
    setTimeout(() => {
      const { _getActiveHandles } = process as unknown as { _getActiveHandles(): Handle[] }
      const handles = _getActiveHandles.call(process).map(handle => {
        const { localPort, remotePort, spawnfile } = handle
        return `${handle.constructor.name} ${JSON.stringify({ localPort, remotePort, spawnfile })}`
      })
      const kept = [`${peersLeft()} WebRTC peers`, ...process.getActiveResourcesInfo(), ...handles].join(', ')
      console.error(`The specs are done, and something keeps their process: ${kept}. It is ended by force.`)
      // With the code that mocha has for it.
      process.exit()
    }, patienceMs).unref()
  },
}
