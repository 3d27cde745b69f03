/** `fieldcast/ts-transformer` within the compiler, through ts-patch. */
import type { Recipe } from '../recipe.ts'
import { built, type Dialect, recipe, tsconfig, typescript } from './parts.ts'

const pairs = [
  { major: 6, version: typescript[6], patch: '4.0.1' },
  { major: 5, version: typescript[5], patch: '3.3.0' },
]
const dialects: readonly Dialect[] = ['standard', 'legacy']
const plugins = { plugins: [{ transform: 'fieldcast/ts-transformer' }] }

export const tsPatch: readonly Recipe[] = pairs.flatMap(({ major, version, patch }) =>
  dialects.flatMap(dialect => {
    const shared = {
      packages: { typescript: version, 'ts-patch': patch },
      shown: ['ts-patch', 'typescript'],
      files: { 'tsconfig.json': tsconfig(dialect, plugins) },
      run: built(),
    }
    return [
      recipe({
        ...shared,
        name: `tspc-${major}-${dialect}`,
        title: `\`tspc\` with \`fieldcast/ts-transformer\`; ${dialect} decorators`,
        build: [['tspc', '-p', '.']],
      }),
      recipe({
        ...shared,
        name: `ts-patch-${major}-${dialect}`,
        title: `\`ts-patch install\`, then tsc with \`fieldcast/ts-transformer\`; ${dialect} decorators`,
        alone: true,
        build: [
          ['ts-patch', 'install'],
          ['tsc', '-p', '.'],
        ],
      }),
    ]
  }),
)
