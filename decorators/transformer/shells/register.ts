/** `node --import fieldcast/register server.ts`: reads the types of decorated methods as files load. With tsx and mocha too, in either order. */
import * as nodeModule from 'node:module'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { loadSync, resolveSync } from './hooks.ts'
import { reportTo } from './load.ts'
import { hookRequire } from './require-hook.ts'
import { type Report, watchers } from './watchers.ts'

const report = watchers()
if (report) reportTo(report)

const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: object) => void }
const inOwnThread = registerHooks !== undefined && hooksWell()
if (inOwnThread) registerHooks({ resolve: resolveSync, load: loadSync })
else hookInThread(report)
hookRequire(!inOwnThread)
process.setSourceMapsEnabled(true)

/**
 * Whether hooks in this thread serve require() as well as import. In earlier versions that have them an imported CommonJS file may fail to find
 * Node's own modules; and tsx, which does without them there, would always stand behind us.
 */
function hooksWell(): boolean {
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number)
  const [first, second] = { 22: [22, 3], 24: [11, 1], 25: [1, 0] }[major] ?? [0, 0]
  return major >= 22 && major !== 23 && (minor > first! || (minor === first && patch >= second!))
}

/** The loader's thread cannot reach those who watch this process: what it has to tell comes through a port. */
function hookInThread(report: Report | undefined): void {
  const url = new URL(`./hooks${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  if (!report) return nodeModule.register(url)
  const { port1, port2 } = new MessageChannel()
  port1.on('message', report).unref()
  // A program that fails as it loads ends before its port is read.
  process.on('exit', () => {
    for (let last = receiveMessageOnPort(port1); last; last = receiveMessageOnPort(port1)) report(last.message)
  })
  nodeModule.register(url, { data: { port: port2 }, transferList: [port2] })
}
