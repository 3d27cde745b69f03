/** webpack with `fieldcast/webpack` before each of the loaders that erase types, and with the transformer inside ts-loader. */
import type { Recipe } from '../recipe.ts'
import { built, type Dialect, own, recipe, sources, tsconfig, typescript } from './parts.ts'

/** @param rule what is done to TypeScript files. */
const script = (plugin: boolean, rule: string, options: object, imports = ''): string => `import webpack from 'webpack'
${plugin ? `import fieldcast from 'fieldcast/webpack'` : ''}
${imports}
const compiler = webpack({
  mode: 'production',
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\\.ts$/, ${rule} }] },
  plugins: [${plugin ? 'fieldcast()' : ''}],
  ...${JSON.stringify(options)},
})
compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString({ preset: 'errors-only' }))
    process.exitCode = 1
  }
  compiler.close(() => {})
})
`
const inNode = { target: 'node', entry: sources, output: { filename: '[name].cjs' } }
const inPage = { target: 'web', entry: { page: './page.ts' }, performance: false }
const build = [['node', 'build.mjs']]

/** A loader of one's own, on esbuild, which the repository has. */
const eraser = `const { transform } = require('esbuild')
module.exports = function (code) {
  const done = this.async()
  transform(code, { loader: 'ts', target: 'es2022' }).then(({ code }) => done(null, code), done)
}
`
const esbuildLoader = { 'esbuild-loader': '4.5.0' }
const byEsbuild = `loader: 'esbuild-loader', options: { target: 'es2022' }`

const withTransformer = (major: 5 | 6, dialect: Dialect): Recipe =>
  recipe({
    name: `webpack-ts-transformer-${major}-${dialect}`,
    title: `webpack with ts-loader and \`fieldcast/ts-transformer\`; ${dialect} decorators`,
    packages: { ...own('webpack'), 'ts-loader': '9.6.2', typescript: typescript[major] },
    shown: ['webpack', 'ts-loader', 'typescript'],
    files: {
      'build.mjs': script(
        false,
        `loader: 'ts-loader', options: { getCustomTransformers: program => ({ before: [transformer(program)] }) }`,
        inNode,
        `import transformer from 'fieldcast/ts-transformer'`,
      ),
      'tsconfig.json': tsconfig(dialect),
    },
    build,
    run: built('cjs'),
  })

const withTsLoader = (major: 5 | 6, transpileOnly: boolean): Recipe =>
  recipe({
    name: `webpack-ts-loader-${major}${transpileOnly ? '-transpile' : ''}`,
    title: `webpack with ts-loader${transpileOnly ? ', `transpileOnly`' : ''}`,
    packages: { ...own('webpack'), 'ts-loader': '9.6.2', typescript: typescript[major] },
    shown: ['webpack', 'ts-loader', 'typescript'],
    files: {
      'build.mjs': script(true, `loader: 'ts-loader', options: { transpileOnly: ${transpileOnly} }`, inNode),
      'tsconfig.json': tsconfig('standard'),
    },
    build,
    run: built('cjs'),
  })

export const webpack: readonly Recipe[] = [
  recipe({
    name: 'webpack',
    title: 'webpack with a loader of one’s own that erases types',
    packages: own('webpack', 'esbuild'),
    shown: ['webpack', 'esbuild'],
    files: { 'build.mjs': script(true, `use: import.meta.dirname + '/erase.cjs'`, inNode), 'erase.cjs': eraser },
    build,
    run: built('cjs'),
    slice: true,
  }),
  recipe({
    name: 'webpack-esbuild-loader',
    title: 'webpack with esbuild-loader',
    packages: { ...own('webpack'), ...esbuildLoader },
    shown: ['webpack', 'esbuild-loader'],
    files: { 'build.mjs': script(true, byEsbuild, inNode) },
    build,
    run: built('cjs'),
  }),
  recipe({
    name: 'webpack-page',
    title: 'webpack with esbuild-loader, a page; Chromium',
    packages: { ...own('webpack'), ...esbuildLoader },
    shown: ['webpack', 'esbuild-loader'],
    files: {
      'build.mjs': script(true, byEsbuild, inPage),
      'dist/index.html': '<!doctype html><meta charset="utf-8"><body><script src="page.js"></script>',
    },
    build,
    run: { kind: 'page', from: 'dist' },
  }),
  recipe({
    name: 'webpack-swc-loader',
    title: 'webpack with swc-loader',
    packages: { ...own('webpack'), 'swc-loader': '0.2.7', '@swc/core': '1.16.22' },
    shown: ['webpack', 'swc-loader', '@swc/core'],
    files: {
      'build.mjs': script(
        true,
        `loader: 'swc-loader', options: { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }`,
        inNode,
      ),
    },
    build,
    run: built('cjs'),
  }),
  withTsLoader(6, false),
  withTsLoader(6, true),
  withTsLoader(5, false),
  withTransformer(6, 'standard'),
  withTransformer(6, 'legacy'),
  withTransformer(5, 'standard'),
  withTransformer(5, 'legacy'),
]
