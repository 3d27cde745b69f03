/** Rolldown, and Rollup with several packages that erase types. */
import type { Recipe } from '../recipe.ts'
import { built, own, recipe, sources, tsconfig, typescript } from './parts.ts'

const external = `external: [/^node:/, /^fieldcast/, 'geometry']`

const config = (bundler: 'rollup' | 'rolldown', imports: string, plugins: string): string =>
  `import fieldcast from 'fieldcast/${bundler}'
${imports}
export default {
  input: ${JSON.stringify(sources)},
  ${external},
  plugins: [fieldcast(), ${plugins}],
  output: { dir: 'dist', format: 'es' },
}
`
/** As much of a plugin as erases types, on esbuild, which the repository has. */
const erase = `import { existsSync } from 'node:fs'
import { resolve, dirname } from 'node:path'
import { transform } from 'esbuild'
export default () => ({
  name: 'erase',
  resolveId(id, importer) {
    const file = importer && id.startsWith('.') && resolve(dirname(importer), id).replace(/\\.js$/, '.ts')
    return file && existsSync(file) ? file : null
  },
  transform: (code, id) => (id.endsWith('.ts') ? transform(code, { loader: 'ts', sourcefile: id, sourcemap: true, target: 'es2022' }) : null),
})
`

const eraser = (
  name: string,
  packages: Record<string, string>,
  call: string,
  imports = '',
  more: Readonly<Record<string, string>> = {},
): Recipe =>
  recipe({
    name: `rollup-${name.replace(/^@rollup\/plugin-|^rollup-plugin-/, '')}`,
    title: `rollup with ${name}`,
    packages: { ...own('rollup'), ...packages },
    shown: ['rollup', name, ...Object.keys(packages).filter(other => other === 'typescript' || other === '@swc/core')],
    files: { 'rollup.config.mjs': config('rollup', `import erase from '${name}'\n${imports}`, call), ...more },
    build: [['rollup', '-c', '--silent']],
    run: built(),
  })

export const rollup: readonly Recipe[] = [
  recipe({
    name: 'rolldown',
    title: 'rolldown for Node',
    packages: own('rolldown'),
    shown: ['rolldown'],
    files: { 'rolldown.config.mjs': config('rolldown', '', '') },
    build: [['rolldown', '-c']],
    run: built(),
    slice: true,
  }),
  recipe({
    name: 'rollup',
    title: 'rollup with a plugin of one’s own that erases types',
    packages: own('rollup', 'esbuild'),
    shown: ['rollup', 'esbuild'],
    files: { 'rollup.config.mjs': config('rollup', `import erase from './erase.mjs'`, 'erase()'), 'erase.mjs': erase },
    build: [['rollup', '-c', '--silent']],
    run: built(),
    slice: true,
  }),
  eraser(
    'rollup-plugin-esbuild',
    { 'rollup-plugin-esbuild': '6.2.1', ...own('esbuild') },
    `erase({ target: 'es2022' })`,
  ),
  eraser(
    '@rollup/plugin-typescript',
    { '@rollup/plugin-typescript': '12.3.1', tslib: '2.9.1', typescript: typescript[6] },
    'erase()',
    '',
    { 'tsconfig.json': tsconfig('standard', { module: 'nodenext' }) },
  ),
  eraser(
    '@rollup/plugin-swc',
    { '@rollup/plugin-swc': '0.4.1', '@swc/core': '1.16.22', '@rollup/plugin-node-resolve': '16.0.3' },
    `resolve({ extensions: ['.ts', '.js'] }), erase({ swc: { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } } })`,
    `import { nodeResolve as resolve } from '@rollup/plugin-node-resolve'`,
  ),
]
