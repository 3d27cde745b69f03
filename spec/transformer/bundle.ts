/** The small game through each bundler, with no more than what erases types where the bundler itself does not. */
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import esbuildPlugin from 'fieldcast/esbuild'
import rolldownPlugin from 'fieldcast/rolldown'
import rollupPlugin from 'fieldcast/rollup'
import vitePlugin from 'fieldcast/vite'
import webpackPlugin from 'fieldcast/webpack'
import { rolldown, watch as watchRolldown } from 'rolldown'
import { type Plugin, rollup, watch as watchRollup } from 'rollup'
import { build as buildVite, type InlineConfig } from 'vite'
import webpack, { type Configuration, type Stats } from 'webpack'
import { erase } from '../../decorators/transformer/source/erase.ts'
import type { Project } from './project.ts'

export interface BundleOptions {
  readonly entry?: string
  readonly minify?: boolean
  readonly checker?: boolean
}

export interface Watch {
  close(): Promise<unknown>
}

export interface Bundler {
  readonly name: string
  /** Writes out/main.mjs, with the package outside, and a source map. Rejects with what the bundler says. */
  build(project: Project, options?: BundleOptions): Promise<void>
  /** Builds again after edits, and tells how each build ended: null for good. */
  watch(project: Project, ended: (error: Error | null) => void): Promise<Watch>
}

/** What a plugin such as rollup-plugin-esbuild does. */
export const eraser = (): Plugin => ({
  name: 'erase',
  resolveId(id, importer) {
    return importer && id.endsWith('.js') ? this.resolve(id.replace(/\.js$/, '.ts'), importer) : null
  },
  transform: (code, id) => (id.endsWith('.ts') ? (erase(code, id) as { code: string; map: any }) : null),
})

const erasure = fileURLToPath(new URL('../../dist/decorators/transformer/source/erase.js', import.meta.url))

/** The same as a webpack loader. */
const loader = `import { erase } from ${JSON.stringify(pathToFileURL(erasure).href)}
export default function (text, before) {
  const { code, map } = erase(text, this.resourcePath, before)
  this.callback(null, code, map)
}
`

function webpackConfig(
  project: Project,
  { entry = 'main.ts', minify = false, checker = false }: BundleOptions = {},
): Configuration {
  project.write('erase.mjs', loader)
  return {
    mode: 'production',
    context: project.root,
    entry: project.path(entry),
    target: 'node20',
    devtool: 'source-map',
    optimization: { minimize: minify },
    experiments: { outputModule: true },
    externalsType: 'module',
    externals: { fieldcast: 'fieldcast' },
    output: { path: project.path('out'), filename: 'main.mjs', library: { type: 'module' } },
    resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
    module: { rules: [{ test: /\.ts$/, loader: project.path('erase.mjs') }] },
    plugins: [webpackPlugin({ checker })],
  }
}

/** Webpack's own words, in which it would print them. */
function failure(error: Error | null, stats: Stats | undefined): Error | null {
  return error ?? (stats?.hasErrors() ? new Error(stats.toString({ all: false, errors: true })) : null)
}

function esbuildOptions(
  project: Project,
  { entry = 'main.ts', minify = false, checker = false }: BundleOptions = {},
): esbuild.BuildOptions {
  return {
    entryPoints: { main: project.path(entry) },
    absWorkingDir: project.root,
    outdir: project.path('out'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    sourcemap: true,
    external: ['fieldcast'],
    logLevel: 'silent',
    minify,
    plugins: [esbuildPlugin({ checker })],
  }
}

const output = (project: Project) =>
  ({ dir: project.path('out'), entryFileNames: 'main.mjs', format: 'esm', sourcemap: true }) as const
const rollupOptions = (project: Project, { entry = 'main.ts', checker = false }: BundleOptions = {}) => ({
  input: project.path(entry),
  external: ['fieldcast'],
  plugins: [rollupPlugin({ checker }), eraser()],
})
const rolldownOptions = (project: Project, { entry = 'main.ts', checker = false }: BundleOptions = {}) => ({
  input: project.path(entry),
  external: ['fieldcast'],
  logLevel: 'silent' as const,
  plugins: [rolldownPlugin({ checker })],
})

function viteConfig(
  project: Project,
  { entry = 'main.ts', minify = false, checker = false }: BundleOptions = {},
): InlineConfig {
  return {
    configFile: false,
    root: project.root,
    logLevel: 'silent',
    plugins: [vitePlugin({ checker })],
    build: {
      outDir: project.path('out'),
      lib: { entry: project.path(entry), formats: ['es'], fileName: () => 'main.mjs' },
      rolldownOptions: { external: ['fieldcast'] },
      sourcemap: true,
      minify,
    },
  }
}

interface WatchEvent {
  readonly code: string
  readonly error?: unknown
  readonly result?: { close(): Promise<void> } | null
}

const reported =
  (ended: (error: Error | null) => void) =>
  (event: WatchEvent): void => {
    if (event.code === 'BUNDLE_END') ended(null)
    if (event.code === 'ERROR') ended(event.error as Error)
    if (event.code === 'BUNDLE_END' || event.code === 'ERROR') void event.result?.close()
  }

export const bundlers: readonly Bundler[] = [
  {
    name: 'esbuild',
    build: async (project, options) => void (await esbuild.build(esbuildOptions(project, options))),
    watch: async (project, ended) => {
      const options = esbuildOptions(project)
      const report: esbuild.Plugin = {
        name: 'report',
        setup: build =>
          build.onEnd(({ errors }) =>
            ended(errors[0] ? new Error(esbuild.formatMessagesSync(errors, { kind: 'error' }).join()) : null),
          ),
      }
      const context = await esbuild.context({ ...options, plugins: [...options.plugins!, report] })
      await context.watch()
      return { close: () => context.dispose() }
    },
  },
  {
    name: 'rollup',
    build: async (project, options) => {
      const bundle = await rollup(rollupOptions(project, options))
      await bundle.write(output(project))
      await bundle.close()
    },
    watch: async (project, ended) => {
      const watcher = watchRollup({ ...rollupOptions(project), output: output(project) })
      watcher.on('event', reported(ended) as never)
      return { close: () => watcher.close() }
    },
  },
  {
    name: 'rolldown',
    build: async (project, options) => {
      const bundle = await rolldown(rolldownOptions(project, options))
      await bundle.write({ ...output(project), minify: options?.minify ?? false })
      await bundle.close()
    },
    watch: async (project, ended) => {
      const watcher = watchRolldown({ ...rolldownOptions(project), output: output(project) })
      watcher.on('event', reported(ended) as never)
      return { close: () => watcher.close() }
    },
  },
  {
    name: 'vite',
    build: async (project, options) => void (await buildVite(viteConfig(project, options))),
    watch: async (project, ended) => {
      const config = viteConfig(project)
      const watcher = (await buildVite({ ...config, build: { ...config.build, watch: {} } })) as unknown as {
        on(name: 'event', listener: (event: WatchEvent) => void): void
        close(): Promise<void>
      }
      watcher.on('event', reported(ended))
      return { close: () => watcher.close() }
    },
  },
  {
    name: 'webpack',
    build: (project, options) =>
      new Promise((done, failed) => {
        const compiler = webpack(webpackConfig(project, options))
        compiler.run((error, stats) => {
          const reason = failure(error, stats)
          compiler.close(() => (reason ? failed(reason) : done()))
        })
      }),
    watch: async (project, ended) => {
      const compiler = webpack(webpackConfig(project))
      compiler.watch({ aggregateTimeout: 20 }, (error, stats) => ended(failure(error, stats)))
      return { close: () => new Promise(done => compiler.close(done)) }
    },
  },
]
