/** Vite with `fieldcast/vite`: builds, and the development server. */
import type { Recipe } from '../recipe.ts'
import { built, own, programs, recipe, sources } from './parts.ts'

const config = (options: string): string => `import fieldcast from 'fieldcast/vite'
import { defineConfig } from 'vite'
export default defineConfig({ logLevel: 'warn', plugins: [fieldcast()], ${options} })
`
const html = '<!doctype html><meta charset="utf-8"><body><script type="module" src="/page.ts"></script>'
const page = { 'index.html': html }

/** Serves the page in development. */
const dev = `import { createServer } from 'vite'
const server = await createServer({ server: { host: '127.0.0.1', port: 0 } })
await server.listen()
const { port } = server.httpServer.address()
console.log(JSON.stringify({ url: \`http://127.0.0.1:\${port}/\` }))
for await (const _ of process.stdin);
await server.close()
`
/** Runs one of the programs through Vite's module runner. */
const ssr = `import { createServer } from 'vite'
const [program] = process.argv.splice(2, 1)
const server = await createServer({ server: { middlewareMode: true, ws: false }, appType: 'custom' })
const { done } = await server.ssrLoadModule('/' + program)
await done
await server.close()
`
const shared = { packages: own('vite', 'rolldown', 'esbuild'), shown: ['vite'], slice: true }

export const vite: readonly Recipe[] = [
  recipe({
    ...shared,
    name: 'vite-page',
    title: '`vite build`, a page; Chromium',
    files: { ...page, 'vite.config.ts': config('') },
    build: [['vite', 'build']],
    run: { kind: 'page', from: 'dist' },
  }),
  recipe({
    ...shared,
    name: 'vite-lib',
    title: '`vite build` in library mode, for Node',
    files: {
      'vite.config.ts': config(
        `build: { lib: { entry: ${JSON.stringify(sources)}, formats: ['es'] }, rolldownOptions: { external: [/^node:/, /^fieldcast/, 'geometry'] } }`,
      ),
    },
    build: [['vite', 'build']],
    run: built(),
  }),
  recipe({
    ...shared,
    name: 'vite-ssr-build',
    title: '`vite build --ssr`, for Node',
    files: { 'vite.config.ts': config(`build: { ssr: true, rolldownOptions: { input: ${JSON.stringify(sources)} } }`) },
    build: [['vite', 'build']],
    run: built(),
    slice: false,
  }),
  recipe({
    ...shared,
    name: 'vite-dev-page',
    title: '`vite` in development, a page; Chromium',
    files: { ...page, 'vite.config.ts': config(''), 'dev.mjs': dev },
    run: { kind: 'page', from: ['node', 'dev.mjs'] },
    slice: false,
  }),
  recipe({
    ...shared,
    name: 'vite-dev-ssr',
    title: '`vite` in development, `ssrLoadModule`',
    files: { 'vite.config.ts': config(''), 'ssr.mjs': ssr },
    run: programs(['node', 'ssr.mjs'], name => `${name}.ts`),
    slice: false,
  }),
]
