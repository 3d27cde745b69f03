/** All toolchains of the matrix. */
import type { Recipe } from '../recipe.ts'
import { esbuild } from './esbuild.ts'
import { loaders } from './load.ts'
import { rollup } from './rollup.ts'
import { tsPatch } from './ts-patch.ts'
import { tsc } from './tsc.ts'
import { vite } from './vite.ts'
import { webpack } from './webpack.ts'

export { register } from './load.ts'

export const recipes: readonly Recipe[] = [...tsc, ...tsPatch, ...loaders, ...vite, ...esbuild, ...rollup, ...webpack]
