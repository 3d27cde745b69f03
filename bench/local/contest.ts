/** The process of one contestant: loads its part, then measures a round whenever it is told to. */
import type { Part } from './contestant.ts'

const [module, argument] = process.argv.slice(2)
const { part } = (await import(module!)) as { part: Part<unknown, unknown> }
const round = await part(JSON.parse(argument!))
// Handled in turn: the next is told only when this one has answered.
process.on('message', async () => process.send!(await round()))
process.on('disconnect', () => process.exit())
process.send!('ready')
