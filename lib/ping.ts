/** `fieldcast ping`: asks servers what they say of themselves, again and again, as ping(8) does. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock } from './base/clock.ts'
import { FieldcastError, UsageError } from './base/errors.ts'
import { protocolVersion } from './protocol/version.ts'
import { answerLine, Tally } from './query/ping-lines.ts'
import { query } from './query.ts'

const usage = `fieldcast ping <url...>

Asks game servers who they are, how many play there, and how long an answer takes. No login is needed, and a full server answers too.
A url is ws://host:7200, wss://..., tcp://..., tls://..., udp://... or webrtc://..., as for connect().

  --count n       how often each is asked (4)
  --interval ms   from one question to the next (1000)
  --timeout ms    how long an answer may take, the connection included (5000)
  --json          a line of JSON for each answer, with all that the server says

The exit code is 0 where somebody answered, 1 where nobody did, 2 for a wrong command line.`

/** A sub-command of `fieldcast`. */
export const ping: { readonly usage: string; run(args: readonly string[]): Promise<number> } = { usage, run }

const text = { type: 'string' } as const

interface Wanted {
  readonly urls: readonly string[]
  readonly count: number
  readonly interval: number
  readonly timeout: number
  readonly json: boolean
}

async function run(args: readonly string[]): Promise<number> {
  const wanted = read(args)
  if (typeof wanted === 'string') {
    process.stderr.write(`${wanted}\nfieldcast ping --help tells more.\n`)
    return 2
  }
  const tallies = new Map(wanted.urls.map(url => [url, new Tally()]))
  let isStopped = false
  let stop = (): void => {}
  const stopped = new Promise<void>(resolve => {
    stop = () => {
      isStopped = true
      resolve()
    }
  })
  process.once('SIGINT', stop)
  // Whoever reads may go away, as `head` does.
  process.stdout.on('error', stop)
  try {
    await Promise.race([stopped, rounds(wanted, tallies)])
  } finally {
    process.off('SIGINT', stop)
  }
  let answered = 0
  for (const [url, tally] of tallies) {
    answered += tally.answered
    const { asked, figures } = tally
    say(wanted.json ? JSON.stringify({ url, asked, answered: tally.answered, ...figures }) : tally.line(url))
  }
  const code = answered > 0 ? 0 : 1
  // What was asked last may not be answered for long.
  if (isStopped) process.stdout.write('', () => process.exit(code))
  return code
}

/** What is wrong with the command line, or what it asks for. */
function read(args: readonly string[]): Wanted | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { count: text, interval: text, timeout: text, json: { type: 'boolean', default: false } },
  })
  if (positionals.length === 0) return 'fieldcast ping needs a url: ws://localhost:7200'
  for (const url of positionals)
    if (!/^[a-z][a-z\d+.-]*:\/\//i.test(url))
      return `fieldcast ping needs urls, and ${url} has no scheme: ${/^[\w.-]+(:\d+)?$/.test(url) ? `ws://${url}${url.includes(':') ? '' : ':7200'}` : 'ws://localhost:7200'}`
  const { count = '4', interval = '1000', timeout = '5000', json } = values
  for (const [name, value] of Object.entries({ count, interval, timeout }))
    if (!/^\d{1,9}$/.test(value) || (name !== 'interval' && Number(value) === 0))
      return `--${name} is a whole number${name === 'interval' ? '' : ' above 0'}, not ${value}.`
  return {
    urls: [...new Set(positionals)],
    count: Number(count),
    interval: Number(interval),
    timeout: Number(timeout),
    json: json === true,
  }
}

async function rounds({ urls, count, interval, timeout, json }: Wanted, tallies: Map<string, Tally>): Promise<void> {
  const ask = async (url: string, seq: number): Promise<void> => {
    const tally = tallies.get(url)!
    tally.asked++
    try {
      const info = await query(url, { timeoutMs: timeout })
      tally.add(info.latency)
      say(json ? JSON.stringify({ url, seq, ...info }) : answerLine(url, info, protocolVersion))
    } catch (error) {
      // A mistake of the caller's is told once, by whoever called.
      if (!(error instanceof FieldcastError) || error instanceof UsageError) throw error
      const { code, message } = error
      if (json) say(JSON.stringify({ url, seq, error: { code, message } }))
      else process.stderr.write(`${message}\n`)
    }
  }
  for (let seq = 1; seq <= count; seq++) {
    const next = new Promise<void>(resolve => systemClock.after(seq < count ? interval : 0, resolve))
    await Promise.all(urls.map(url => ask(url, seq)))
    await next
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
