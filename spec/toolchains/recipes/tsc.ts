/** tsc of three TypeScripts, whose JavaScript `fieldcast patch` completes. */
import type { Recipe } from '../recipe.ts'
import { built, type Dialect, type Modules, packageJson, recipe, tsconfig, typescript } from './parts.ts'

const dialects: readonly Dialect[] = ['standard', 'legacy']
const kinds: readonly Modules[] = ['esm', 'commonjs']

export const tsc: readonly Recipe[] = Object.entries(typescript)
  .sort(([a], [b]) => Number(b) - Number(a))
  .flatMap(([major, version]) =>
    dialects.flatMap(dialect =>
      kinds.map(modules =>
        recipe({
          name: `tsc-${major}-${dialect}-${modules}`,
          title: `tsc, then \`fieldcast patch\`; ${dialect} decorators, ${modules === 'esm' ? 'ESM' : 'CommonJS'}`,
          packages: { typescript: version },
          shown: ['typescript'],
          files: { 'package.json': packageJson(modules), 'tsconfig.json': tsconfig(dialect) },
          build: [
            ['tsc', '-p', '.'],
            ['fieldcast', 'patch'],
          ],
          run: built(),
          // One of each TypeScript; spec/transformer/patch.spec.ts has the others of a part each.
          slice: modules === 'esm' && (major === '7') === (dialect === 'standard'),
        }),
      ),
    ),
  )
