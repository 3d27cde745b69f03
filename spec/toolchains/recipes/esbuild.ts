/** esbuild with `fieldcast/esbuild`. */
import type { Recipe } from '../recipe.ts'
import { built, entries, own, recipe } from './parts.ts'

const script = (options: object): string => `import { build } from 'esbuild'
import fieldcast from 'fieldcast/esbuild'
await build({ bundle: true, outdir: 'dist', plugins: [fieldcast()], ...${JSON.stringify(options)} })
`
const inNode = { entryPoints: entries.map(name => `${name}.ts`), platform: 'node' }
const shared = {
  packages: own('esbuild'),
  shown: ['esbuild'],
  build: [['node', 'build.mjs']],
  slice: true,
} as const

export const esbuild: readonly Recipe[] = [
  recipe({
    ...shared,
    name: 'esbuild',
    title: 'esbuild for Node, packages left outside',
    files: { 'build.mjs': script({ ...inNode, format: 'esm', packages: 'external' }) },
    run: built(),
  }),
  recipe({
    ...shared,
    name: 'esbuild-minified',
    title: 'esbuild for Node, everything in one minified file, CommonJS',
    files: { 'build.mjs': script({ ...inNode, format: 'cjs', minify: true, outExtension: { '.js': '.cjs' } }) },
    run: built('cjs'),
  }),
  recipe({
    ...shared,
    name: 'esbuild-page',
    title: 'esbuild for the browser, minified, in pieces; Chromium',
    files: {
      'build.mjs': script({
        entryPoints: ['page.ts'],
        format: 'esm',
        platform: 'browser',
        minify: true,
        splitting: true,
      }),
      'dist/index.html': '<!doctype html><meta charset="utf-8"><body><script type="module" src="page.js"></script>',
    },
    run: { kind: 'page', from: 'dist' },
  }),
]
