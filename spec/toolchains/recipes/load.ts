/** Toolchains without a build: the types are read as the files load. */
import type { Recipe } from '../recipe.ts'
import { own, packageJson, programs, recipe } from './parts.ts'

const registered = programs(['node', '--import', 'fieldcast/register'], name => `${name}.ts`)

export const register: Recipe = recipe({
  name: 'register',
  title: '`node --import fieldcast/register`',
  packages: {},
  run: registered,
  slice: true,
})

/** The oldest that the package supports, and the newest of each line. */
const nodes = ['20.19.0', '20.20.2', '22.12.0', '22.23.3', '24.21.0', '26.10.0']
/** From 22.18 on Node strips types by itself: `fieldcast/register` leaves it the files without decorators. */
const strips = (version: string): boolean => Number.parseFloat(version) >= 22.18

const spec = `import { game } from './game.js'
describe('The game', () => {
  it('is played', () => game())
})
`
const mocha = (nodeOptions: readonly string[], more: object = {}): Record<string, string> => ({
  'game.spec.ts': spec,
  '.mocharc.json': JSON.stringify({ 'node-option': nodeOptions, spec: 'game.spec.ts', timeout: 20000, ...more }),
})
const alone = { kind: 'programs', main: ['mocha'], server: null, client: null } as const

export const loaders: readonly Recipe[] = [
  register,
  recipe({
    ...register,
    name: 'register-commonjs',
    title: '`node --import fieldcast/register`, `"type": "commonjs"`',
    files: { 'package.json': packageJson('commonjs') },
  }),
  ...nodes.map(version =>
    recipe({
      ...register,
      name: `node-${version}`,
      title: `${register.title}${strips(version) ? ' beside Node’s own type stripping' : ''}`,
      packages: { node: version },
      slice: false,
    }),
  ),
  recipe({
    name: 'tsx',
    title: '`tsx --import fieldcast/register`',
    packages: own('tsx'),
    shown: ['tsx'],
    run: programs(['tsx', '--import', 'fieldcast/register'], name => `${name}.ts`),
    slice: true,
  }),
  recipe({
    name: 'tsx-commonjs',
    title: '`tsx --import fieldcast/register`, `"type": "commonjs"`',
    packages: own('tsx'),
    shown: ['tsx'],
    files: { 'package.json': packageJson('commonjs') },
    run: programs(['tsx', '--import', 'fieldcast/register'], name => `${name}.ts`),
  }),
  recipe({
    name: 'tsx-first',
    title: '`node --import tsx --import fieldcast/register`',
    packages: own('tsx'),
    shown: ['tsx'],
    run: programs(['node', '--import', 'tsx', '--import', 'fieldcast/register'], name => `${name}.ts`),
  }),
  recipe({
    name: 'tsx-last',
    title: '`node --import fieldcast/register --import tsx`',
    packages: own('tsx'),
    shown: ['tsx'],
    run: programs(['node', '--import', 'fieldcast/register', '--import', 'tsx'], name => `${name}.ts`),
  }),
  recipe({
    name: 'mocha',
    title: 'mocha with `fieldcast/register`',
    packages: own('mocha'),
    shown: ['mocha'],
    files: mocha(['import=fieldcast/register']),
    run: alone,
    slice: true,
  }),
  recipe({
    name: 'mocha-tsx',
    title: 'mocha with tsx and `fieldcast/register`',
    packages: own('mocha', 'tsx'),
    shown: ['mocha', 'tsx'],
    files: mocha(['import=tsx', 'import=fieldcast/register']),
    run: alone,
  }),
]
