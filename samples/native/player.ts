/** A player at a terminal. It does not know by what it comes to the server. */
import { createInterface } from 'node:readline'
import { type Client, type ConnectOptions, connect } from 'fieldcast/client'
import { fail } from './game.ts'
import { Found, Guess, most, talk } from './model.ts'

const help = `A number from 1 to ${most}, or quit?`

/** Plays until the player quits, or the server ends. */
export async function play(url: string, by: Pick<ConnectOptions<never>, 'transport'> = {}): Promise<void> {
  const client = await connect(url, { classes: [], messages: talk, ...by }).catch((error: Error) => fail(error.message))
  client.messages.on(Found, ({ player, number, guesses }) =>
    console.log(`Player ${player} has found ${number}, guess ${guesses} of all. There is a new number.`),
  )

  const terminal = createInterface({ input: process.stdin })
  client.on('close', ({ reason, text }) => {
    if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
    terminal.close()
  })
  process.once('SIGINT', () => client.close())
  console.log(`You are player ${client.id}, by ${url}. ${help}`)
  for await (const line of terminal) {
    const words = line.trim()
    if (words === 'quit') break
    if (!/^\d{1,3}$/.test(words)) console.log(help)
    else await guess(client, Number(words))
  }
  client.close()
}

async function guess({ messages }: Client, number: number) {
  try {
    console.log(`${number}: ${await messages.ask(Guess, { number })}`)
  } catch (error) {
    console.warn(`Warning: ${(error as Error).message}`)
  }
}
