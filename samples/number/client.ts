/** Makes numbers, adds to them, and shows what everyone does to them. `client.ts [url]` */
import { createInterface } from 'node:readline'
import { connect } from 'fieldcast/client'
import { SharedNumber } from './model.ts'

/** The numbers in view, oldest first: a place in this list is what ADD calls the index. */
const numbers: ClientNumber[] = []

class ClientNumber extends SharedNumber {
  override onEnter() {
    numbers.push(this)
    numbers.sort((a, b) => a.id - b.id)
    this.show()
  }

  override setCurrentValue(value: number) {
    super.setCurrentValue(value)
    // The first value comes before onEnter.
    if (numbers.includes(this)) this.show()
  }

  show() {
    console.log(`${numbers.indexOf(this)}: ${this.value}`)
  }
}

const url = process.argv[2] ?? 'ws://localhost:7203'
const client = await connect(url, { classes: [ClientNumber] }).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`Connected to ${url}. NEW n, ADD index n, LIST or QUIT?`)

async function run(line: string) {
  const [command = '', first, second] = line.trim().split(/\s+/)
  switch (command.toUpperCase()) {
    case 'NEW':
      await client.create(ClientNumber, draft => draft.send.setInitValue(Number(first)), { zone: 0 })
      break
    case 'ADD': {
      const number = numbers[Number(first)]
      if (number) await number.send.addValue(Number(second))
      else console.log(`There is no number ${first}.`)
      break
    }
    case 'LIST':
      for (const number of numbers) number.show()
      break
    default:
      console.log('NEW n, ADD index n, LIST or QUIT?')
  }
}

const terminal = createInterface({ input: process.stdin })
client.on('close', ({ reason, text }) => {
  if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
  terminal.close()
})
for await (const line of terminal) {
  if (/^\s*quit\s*$/i.test(line)) break
  await run(line).catch((error: Error) => console.warn(`Warning: ${error.message}`))
}
client.close()
