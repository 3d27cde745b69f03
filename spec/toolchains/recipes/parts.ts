/** What several recipes share. */
import { readFileSync } from 'node:fs'
import type { Programs, Recipe } from '../recipe.ts'

const { devDependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>
}

/** The versions that the repository itself is developed with: these recipes need no network. */
export function own(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, devDependencies[name]!]))
}

/** The three TypeScripts of the repository. */
export const typescript = { 7: devDependencies['typescript']!, 6: '6.0.3', 5: '5.9.3' } as const

export type Dialect = 'standard' | 'legacy'
export type Modules = 'esm' | 'commonjs'

export const packageJson = (modules: Modules): string =>
  JSON.stringify({ private: true, type: modules === 'esm' ? 'module' : 'commonjs' })

/** A tsconfig as people have it. The legacy dialect comes with the metadata that its users ask for. */
export function tsconfig(dialect: Dialect, more: object = {}): string {
  const legacy = { experimentalDecorators: true, emitDecoratorMetadata: true }
  return JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: true,
      rewriteRelativeImportExtensions: true,
      types: ['node'],
      rootDir: '.',
      outDir: 'dist',
      sourceMap: true,
      ...(dialect === 'legacy' && legacy),
      ...more,
    },
    include: ['*.ts'],
    exclude: ['vite.config.ts'],
  })
}

/** The three programs of a game, started in one way. */
export function programs(prefix: readonly string[], file: (name: string) => string): Programs {
  return {
    kind: 'programs',
    main: [...prefix, file('main')],
    server: [...prefix, file('server-program')],
    client: [...prefix, file('client-program')],
  }
}

export const built = (extension = 'js'): Programs => programs(['node'], name => `dist/${name}.${extension}`)
export const entries = ['main', 'server-program', 'client-program'] as const
export const sources: Readonly<Record<string, string>> = Object.fromEntries(entries.map(name => [name, `./${name}.ts`]))

const plain = { files: { 'package.json': packageJson('esm') }, build: [], slice: false } as const

export function recipe(given: Omit<Recipe, keyof typeof plain> & Partial<Recipe>): Recipe {
  return { ...plain, ...given, files: { ...plain.files, ...given.files } }
}
