/** Bytes that code allocates and that objects keep; needs --expose-gc. */
import { figureOf } from '../kit/table.ts'

/** A young generation that is not collected while something is measured. */
export const quietHeap: readonly string[] = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']

/** On V8's heap and in the buffers behind typed arrays. */
function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** What `run` leaves allocated, garbage included: nothing may be collected while it runs. The middle of several times. */
export function allocatedBy(run: () => void, times = 7): number {
  const bytes = Array.from({ length: times }, () => {
    collect()
    const before = used()
    run()
    return used() - before
  })
  return figureOf(bytes).median
}

/** What `make` leaves alive. */
export function keptBy(make: () => unknown): number {
  collect()
  const before = used()
  const kept = make()
  collect()
  const bytes = used() - before
  // So that it lives until here.
  if (kept === undefined) throw new Error('Nothing was made.')
  return bytes
}

/** More than once: buffers are swept behind a collection's back, and the next waits for that. */
function collect(): void {
  for (let i = 0; i < 3; i++) gc!()
}
