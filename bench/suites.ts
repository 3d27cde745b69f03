/** All benchmarks by id, in the order of the results page. Each is loaded when it runs: some need packages that others do without. */
import type { Suite } from './kit/table.ts'

export const suites: Readonly<Record<string, () => Promise<{ readonly default: Suite }>>> = {
  arena: () => import('./net/arena.ts'),
  messages: () => import('./net/messages.ts'),
  latency: () => import('./net/latency.ts'),
  wires: () => import('./net/wires.ts'),
  zones: () => import('./net/zones.ts'),
  connections: () => import('./net/connections.ts'),
  storm: () => import('./net/storm.ts'),
  'call-path': () => import('./local/call-path.ts'),
  limits: () => import('./local/limits.ts'),
  growth: () => import('./local/growth.ts'),
  objects: () => import('./local/objects.ts'),
  moving: () => import('./local/moving.ts'),
  idle: () => import('./local/idle.ts'),
  entry: () => import('./local/entry.ts'),
  resume: () => import('./local/resume.ts'),
  store: () => import('./local/store.ts'),
  'store-tick': () => import('./local/store-tick.ts'),
  'store-load': () => import('./local/store-load.ts'),
  startup: () => import('./local/startup.ts'),
  types: () => import('./types.ts'),
}
