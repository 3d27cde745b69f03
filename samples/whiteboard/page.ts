/** Builds the page with Vite and gives what answers a browser's requests for it. */
import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build, type Rollup } from 'vite'

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

export async function buildPage(): Promise<RequestListener> {
  const { output } = (await build({
    configFile: false,
    root: fileURLToPath(new URL('page', import.meta.url)),
    build: { write: false },
    logLevel: 'warn',
  })) as Rollup.RollupOutput
  const files = new Map(output.map(file => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
  return (request, response) => {
    const [address = ''] = (request.url ?? '').split('?')
    const path = address === '/' ? '/index.html' : address
    const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    const body = files.get(path)
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8` }).end(body)
  }
}
