/** Bundlers without fieldcast's plugin. */
import { advice, type Forgotten, game, syntax } from './forgotten-parts.ts'
import { own, packageJson } from './parts.ts'

const esbuildScript = `import { build } from 'esbuild'
await build({ entryPoints: ['main.ts'], bundle: true, platform: 'node', format: 'esm', packages: 'external', outdir: 'dist' })
`
const bundle = `input: './main.ts', external: [/^fieldcast/], output: { dir: 'dist', format: 'es' }`
const vite = (options: string): string => `export default { logLevel: 'warn', ${options} }\n`
const html = '<!doctype html><meta charset="utf-8"><body><script type="module" src="/page.ts"></script>'
const built: readonly string[] = ['node', 'dist/main.js']

export const forgottenBundlers: readonly Forgotten[] = [
  {
    name: 'esbuild',
    title: 'esbuild without the plugin',
    packages: own('esbuild'),
    files: { ...game, 'build.mjs': esbuildScript },
    build: [['node', 'build.mjs']],
    run: built,
    says: syntax,
    slice: true,
  },
  {
    name: 'esbuild-es2022',
    title: 'esbuild without the plugin, `target: es2022`',
    packages: own('esbuild'),
    files: { ...game, 'build.mjs': esbuildScript.replace('bundle: true', `bundle: true, target: 'es2022'`) },
    build: [['node', 'build.mjs']],
    run: built,
    says: advice,
    slice: true,
  },
  {
    name: 'vite-page',
    title: '`vite build` without the plugin, a page; Chromium',
    packages: own('vite'),
    files: { ...game, 'index.html': html, 'vite.config.mjs': vite('') },
    build: [['vite', 'build']],
    run: { kind: 'page', from: 'dist' },
    says: syntax,
    slice: true,
  },
  {
    name: 'vite-ssr',
    title: '`vite build --ssr` without the plugin',
    packages: own('vite'),
    files: { ...game, 'vite.config.mjs': vite(`build: { ssr: './main.ts' }`) },
    build: [['vite', 'build']],
    run: built,
    says: syntax,
    slice: true,
  },
  {
    name: 'rolldown',
    title: 'rolldown without the plugin',
    packages: own('rolldown'),
    files: { ...game, 'rolldown.config.mjs': `export default { ${bundle} }\n` },
    build: [['rolldown', '-c']],
    run: built,
    says: syntax,
    slice: true,
  },
  {
    name: 'rollup',
    title: 'rollup with rollup-plugin-esbuild, without the plugin',
    packages: { ...own('rollup', 'esbuild'), 'rollup-plugin-esbuild': '6.2.1' },
    files: {
      ...game,
      'rollup.config.mjs': `import erase from 'rollup-plugin-esbuild'\nexport default { ${bundle}, plugins: [erase({ target: 'es2022' })] }\n`,
    },
    build: [['rollup', '-c', '--silent']],
    run: built,
    says: advice,
    slice: false,
  },
  {
    name: 'rollup-order',
    title: 'rollup with the plugin behind the one that erases types',
    packages: { ...own('rollup', 'esbuild'), 'rollup-plugin-esbuild': '6.2.1' },
    files: {
      ...game,
      'rollup.config.mjs': `import erase from 'rollup-plugin-esbuild'\nimport fieldcast from 'fieldcast/rollup'\nexport default { ${bundle}, plugins: [erase({ target: 'es2022' }), fieldcast()] }\n`,
    },
    build: [['rollup', '-c', '--silent']],
    run: built,
    says: /model\.ts was compiled by another plugin before fieldcast could read its types/,
    slice: false,
  },
  {
    name: 'webpack',
    title: 'webpack with esbuild-loader, without the plugin',
    packages: { ...own('webpack'), 'esbuild-loader': '4.5.0', 'webpack-cli': '7.3.1' },
    files: {
      ...game,
      'package.json': packageJson('commonjs'),
      'webpack.config.js': `module.exports = {
  mode: 'production', target: 'node', entry: './main.ts', output: { filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\\.ts$/, loader: 'esbuild-loader', options: { target: 'es2022' } }] },
}
`,
    },
    build: [['webpack']],
    run: built,
    says: advice,
    slice: false,
  },
]
