/** A program under a debugger that works as editors' do: breakpoints are set in the source, through its source map, before anything of it has run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { decode, type Mappings } from '../../decorators/transformer/source/source-map.ts'

interface Script {
  readonly scriptId: string
  readonly url: string
  readonly sourceMapURL: string
}
interface Location {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}
interface Frame {
  readonly functionName: string
  readonly location: Location
  readonly scopeChain: readonly { readonly type: string; readonly object: { readonly objectId: string } }[]
}
interface Paused {
  readonly reason: string
  readonly hitBreakpoints?: readonly string[]
  readonly callFrames: readonly Frame[]
}

/** Where a program has stopped, in terms of its source. */
export interface Stop {
  readonly name: string
  /** From 1. */
  readonly line: number
  readonly variables: Readonly<Record<string, unknown>>
}

export class Debuggee {
  readonly #child: ChildProcess
  readonly #socket: WebSocket
  readonly #scripts = new Map<string, Script>()
  readonly #answers = new Map<number, (result: any) => void>()
  readonly #pauses: Paused[] = []
  readonly #breakpoints = new Set<string>()
  #wake: () => void = () => {}
  #last = 0
  #over = false

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.#child = child
    this.#socket = socket
    socket.on('message', data => this.#hear(JSON.parse(String(data))))
    socket.on('close', () => {
      this.#over = true
      this.#wake()
    })
  }

  /** Starts a program and holds it before its first line. */
  static async start(args: readonly string[], cwd: string): Promise<Debuggee> {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, ['--inspect-brk=127.0.0.1:0', ...args], { cwd, env })
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', line => {
        const match = /^Debugger listening on (ws:\S+)/.exec(line)
        if (match) resolve(match[1]!)
      })
      child.on('close', () => reject(new Error('The program has ended before it listened.')))
    })
    const socket = new WebSocket(url)
    await new Promise(resolve => socket.on('open', resolve))
    const debuggee = new Debuggee(child, socket)
    await debuggee.#ask('Debugger.enable')
    await debuggee.#ask('Debugger.setInstrumentationBreakpoint', {
      instrumentation: 'beforeScriptWithSourceMapExecution',
    })
    await debuggee.#ask('Runtime.runIfWaitingForDebugger')
    return debuggee
  }

  /** Runs until a breakpoint on one of these lines of `source` (the file's path; lines from 1) is hit, and tells where that is. */
  async stopAt(source: string, lines: readonly number[]): Promise<Stop> {
    for (;;) {
      const { reason, hitBreakpoints = [], callFrames } = await this.#pause()
      const frame = callFrames[0]!
      const script = this.#scripts.get(frame.location.scriptId)!
      if (reason === 'instrumentation') await this.#set(script, source, lines)
      const stop = hitBreakpoints.some(id => this.#breakpoints.has(id)) ? await this.#stop(script, frame) : undefined
      await this.#ask('Debugger.resume')
      if (stop) return stop
    }
  }

  async end(): Promise<void> {
    this.#socket.terminate()
    this.#child.kill('SIGKILL')
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise(resolve => this.#child.once('exit', resolve))
  }

  /** As editors do: the first place on the line that the map knows. */
  async #set(script: Script, source: string, lines: readonly number[]): Promise<void> {
    const map = mapOf(script)
    const base = /^file:/.test(script.url) ? script.url : `file://${script.url}`
    if (!map.sources.some(name => fileURLToPath(new URL(name, base)) === source)) return
    for (const line of lines) {
      const found = decode(map.mappings)
        .flatMap((segments, lineNumber) =>
          segments.map(([columnNumber, from, column]) => ({ lineNumber, columnNumber, from, column })),
        )
        .filter(({ from }) => from === line - 1)
        .sort((a, b) => a.column - b.column)[0]
      if (!found) throw new Error(`${source}:${line} has left nothing in ${script.url}.`)
      const { lineNumber, columnNumber } = found
      const location = { scriptId: script.scriptId, lineNumber, columnNumber }
      const { breakpointId } = await this.#ask('Debugger.setBreakpoint', { location })
      this.#breakpoints.add(breakpointId)
    }
  }

  async #stop(script: Script, { functionName: name, location, scopeChain }: Frame): Promise<Stop> {
    const segments = decode(mapOf(script).mappings)[location.lineNumber]!
    const [, line] = segments.findLast(([column]) => column <= location.columnNumber)!
    const variables: Record<string, unknown> = {}
    for (const { type, object } of scopeChain) {
      if (type !== 'local' && type !== 'block') continue
      const { result } = await this.#ask('Runtime.getProperties', { objectId: object.objectId, ownProperties: true })
      for (const { name, value } of result) variables[name] = value?.value
    }
    return { name, line: line + 1, variables }
  }

  #ask(method: string, params: object = {}): Promise<any> {
    const id = ++this.#last
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise(resolve => this.#answers.set(id, resolve))
  }

  async #pause(): Promise<Paused> {
    while (this.#pauses.length === 0) {
      if (this.#over) throw new Error('The program has ended and hit no breakpoint.')
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return this.#pauses.shift()!
  }

  #hear({ id, method, params, result, error }: any): void {
    if (error) throw new Error(error.message)
    if (id !== undefined) {
      this.#answers.get(id)?.(result)
      this.#answers.delete(id)
    }
    if (method === 'Debugger.scriptParsed') this.#scripts.set(params.scriptId, params)
    if (method !== 'Debugger.paused') return
    this.#pauses.push(params)
    this.#wake()
  }
}

function mapOf({ url, sourceMapURL }: Script): Mappings {
  const inline = /^data:[^,]*;base64,(.*)$/s.exec(sourceMapURL)?.[1]
  const text = inline ? Buffer.from(inline, 'base64').toString() : readFileSync(new URL(sourceMapURL, url), 'utf8')
  return JSON.parse(text) as Mappings
}
