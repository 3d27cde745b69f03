/** The machine that figures come from. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memory: string
  readonly system: string
  readonly node: string
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${type()} ${release()}`,
    node: process.version.slice(1),
  }
}

export function describe({ cores, cpu, memory, system, node }: Machine): string {
  return `${cores} cores of ${cpu}, ${memory}, ${system}, Node ${node}`
}
