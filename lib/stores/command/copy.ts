/** `fieldcast store copy`: from one store into another. */
import { isDamaged } from '../store.ts'
import { type Given, type StoreCommand, WrongCommandLine } from './command.ts'
import { speed } from './export.ts'
import { isSamePlace, withStore } from './open.ts'
import { RowPutter } from './put-rows.ts'
import { outcomeOf } from './put-words.ts'
import { problemOf, toldBroken } from './readable.ts'
import { lengthOf, shareOf, walk } from './walk.ts'
import { counted, harmless } from './words.ts'

export const copy: StoreCommand = {
  parameters: '<from> <to> [--overwrite]',
  summary: 'puts the objects of one store into another',
  words: [2, 2],
  options: { overwrite: { type: 'boolean', default: false } },
  run,
}

async function run({ words, options, output }: Given): Promise<number> {
  const [from, to] = words as [string, string]
  const overwrite = options.overwrite === true
  if (isSamePlace(from, to)) throw new WrongCommandLine('Both urls name the same store.')
  return withStore(from, true, source =>
    withStore(to, false, async target => {
      const fail = (id: string, why: string): void => output.tell(`${id}: ${harmless(why)}`)
      const putter = new RowPutter(target, { overwrite, teller: output, fail })
      let rows = 0
      let bytes = 0
      let damaged = 0
      let broken = 0
      const share = await shareOf(source, output)
      for await (const page of walk(source, {}, output))
        for (const row of page) {
          const problem = problemOf(row)
          if (problem !== null) fail(row.id, problem)
          if (isDamaged(row)) {
            damaged++
            continue
          }
          if (problem !== null) broken++
          await putter.put(row)
          rows++
          bytes += lengthOf(row)
          output.progress(() => speed(rows, bytes, output), share(rows + damaged))
        }
      await putter.flush()
      const { text, complete } = outcomeOf(putter.tally, source.name, overwrite)
      await output.print(text)
      if (broken > 0) output.tell(toldBroken(broken, 'copied'))
      if (damaged > 0)
        output.tell(
          `${counted(damaged, 'object')} of ${source.name} cannot be read, named above: they were not copied, and stay there.`,
        )
      return complete && damaged + broken === 0 ? 0 : 1
    }),
  )
}
