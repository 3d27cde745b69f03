/**
 * Tells `node --watch` and `tsx watch` which files a schema was read from. They watch what is loaded, and a file that is imported for its types alone
 * never is; tsx does not hear of decorated files either, because they do not get as far as its own hook.
 */
import { spawnSync } from 'node:child_process'
import { createConnection } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export type Report = (files: readonly string[]) => void

/** How to tell whoever watches this process, or undefined where nobody does. */
export function watchers(): Report | undefined {
  const reports = [nodeWatch(), tsxWatch()].filter(report => report !== undefined)
  if (reports.length === 0) return undefined
  return files => {
    for (const report of reports) report(files)
  }
}

function nodeWatch(): Report | undefined {
  if (!process.env.WATCH_REPORT_DEPENDENCIES || !process.send) return undefined
  return files => {
    // One by one: Node drops the rest of a message behind a file that does not exist.
    for (const file of files) process.send!({ 'watch:import': [pathToFileURL(file).href] })
  }
}

/** tsx listens at a socket that is named after its own process: JSON behind its length in four bytes. */
function tsxWatch(): Report | undefined {
  if (!process.execArgv.some(option => /[\\/]tsx[\\/]dist[\\/]preflight\.cjs$/.test(option))) return undefined
  const folder = join(tmpdir(), `tsx-${process.geteuid?.() ?? userInfo().username}`)
  const pipe = join(folder, `${process.ppid}.pipe`)
  const path = process.platform === 'win32' ? `\\\\?\\pipe\\${pipe}` : pipe
  const socket = createConnection(path).unref()
  const waiting: Buffer[] = []
  socket.on('connect', () => socket.write(Buffer.concat(waiting.splice(0))))
  // tsx may listen elsewhere in another version: it then watches what it knows of itself.
  socket.on('error', () => {})
  // A program that fails as it loads ends before it is connected.
  process.on('exit', () => waiting.length > 0 && socket.connecting && sendFromChild(path, Buffer.concat(waiting)))
  return files => {
    for (const file of files) {
      const text = Buffer.from(JSON.stringify({ type: 'dependency', path: file }))
      const length = Buffer.alloc(4)
      length.writeInt32BE(text.length)
      if (socket.connecting) waiting.push(length, text)
      else socket.write(Buffer.concat([length, text]))
    }
  }
}

function sendFromChild(path: string, bytes: Buffer): void {
  const send =
    "require('node:net').connect(process.argv[1]).end(require('node:fs').readFileSync(0)).on('error', () => {})"
  spawnSync(process.execPath, ['-e', send, path], {
    input: bytes,
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 2_000,
  })
}
