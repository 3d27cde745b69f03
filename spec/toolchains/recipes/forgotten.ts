/** Toolchains whose user forgot what reads the types, and what he is told then. */
import { forgottenBundlers } from './forgotten-bundlers.ts'
import { advice, extension, type Forgotten, game, spec, struct, syntax } from './forgotten-parts.ts'
import { type Dialect, own, tsconfig, typescript } from './parts.ts'

export type { Forgotten } from './forgotten-parts.ts'

const tsc = (dialect: Dialect): Forgotten => ({
  name: `tsc-${dialect}`,
  title: `tsc without \`fieldcast patch\`; ${dialect} decorators`,
  packages: { typescript: typescript[7] },
  files: { ...game, 'tsconfig.json': tsconfig(dialect) },
  build: [['tsc', '-p', '.']],
  run: ['node', 'dist/main.js'],
  says: advice,
  slice: true,
})

const node = (version: string, says: RegExp): Forgotten => ({
  name: `node-${version}`,
  title: `Node ${version} without \`fieldcast/register\``,
  packages: { node: version },
  files: game,
  build: [],
  run: ['node', 'main.ts'],
  says,
  slice: false,
})

export const forgotten: readonly Forgotten[] = [
  tsc('standard'),
  tsc('legacy'),
  {
    ...tsc('standard'),
    name: 'tsc-register',
    title: 'tsc without `fieldcast patch`, then `node --import fieldcast/register`',
    run: ['node', '--import', 'fieldcast/register', 'dist/main.js'],
  },
  {
    ...tsc('standard'),
    name: 'tsc-struct',
    title: 'tsc without `fieldcast patch`, a struct',
    files: { ...struct, 'tsconfig.json': tsconfig('standard') },
    says: /Player: its properties have not been read.*fieldcast\/register.*fieldcast patch/s,
  },
  {
    ...tsc('standard'),
    name: 'ts-patch',
    title: 'ts-patch without `fieldcast/ts-transformer`',
    packages: { typescript: typescript[6], 'ts-patch': '4.0.1' },
    build: [['tspc', '-p', '.']],
    slice: false,
  },
  node('20.20.2', extension),
  node('22.23.3', syntax),
  node('24.21.0', syntax),
  node('26.10.0', syntax),
  {
    name: 'tsx',
    title: 'tsx without `fieldcast/register`',
    packages: own('tsx'),
    files: game,
    build: [],
    run: ['tsx', 'main.ts'],
    says: advice,
    slice: true,
  },
  {
    name: 'mocha-tsx',
    title: 'mocha with tsx, without `fieldcast/register`',
    packages: own('mocha', 'tsx'),
    files: {
      ...game,
      'game.spec.ts': spec,
      '.mocharc.json': JSON.stringify({ 'node-option': ['import=tsx'], spec: 'game.spec.ts' }),
    },
    build: [],
    run: ['mocha'],
    says: advice,
    slice: true,
  },
  {
    name: 'mocha',
    title: 'mocha alone',
    packages: { ...own('mocha'), node: '24.21.0' },
    files: { ...game, 'game.spec.ts': spec },
    build: [],
    run: ['mocha', 'game.spec.ts'],
    says: syntax,
    slice: false,
  },
  ...forgottenBundlers,
]
