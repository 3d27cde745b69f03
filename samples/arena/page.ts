/** The page: built by Vite into memory when the server starts, and answered from there. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { build, type Rolldown } from 'vite'
import config from './vite.config.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
// A strict policy: the framework compiles its codecs without eval where a page forbids it.
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:"

/** Builds the page and gives what answers requests for it. */
export async function buildPage(): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { output } = (await build({
    ...config,
    configFile: false,
    logLevel: 'warn',
    build: { ...config.build, write: false },
  })) as Rolldown.RolldownOutput
  const files = new Map(output.map(file => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
  return (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/'
    const name = path === '/' ? '/index.html' : path
    const content = files.get(name)
    if (content === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(content === undefined ? 404 : 405, { 'Content-Type': 'text/plain' }).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      'Cache-Control': name === '/index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
      'Content-Security-Policy': POLICY,
    })
    response.end(request.method === 'HEAD' ? undefined : content)
  }
}
