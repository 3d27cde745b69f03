/** What a page loads of a library before it can connect: bundled and minified by esbuild, with gzip. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildResult, build, type Metafile } from 'esbuild'

const here = fileURLToPath(new URL('../..', import.meta.url))
const peers = fileURLToPath(new URL('../peers', import.meta.url))

const games = {
  fieldcast: {
    resolveDir: here,
    contents: `export { connect } from 'fieldcast/client'\nexport { networkClass, field, Flags, NetworkObject } from 'fieldcast'`,
  },
  'socket.io-client': { resolveDir: peers, contents: `export { io } from 'socket.io-client'` },
  '@colyseus/sdk': { resolveDir: peers, contents: `export { Client } from '@colyseus/sdk'` },
} as const

export type Library = keyof typeof games

export interface Bundle {
  readonly result: BuildResult<{ write: false; metafile: true }>
  /** The entry and every piece that it imports at once. */
  readonly first: readonly string[]
  /** Bytes of these. */
  readonly bytes: number
  /** Bytes of what it loads while it dials: none but at fieldcast. */
  readonly besideBytes: number
}

export async function bundleOf(library: Library): Promise<Bundle> {
  const result = await build({
    stdin: { ...games[library], sourcefile: 'game.ts', loader: 'ts' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    outdir: 'bundle',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const first = reached(result.metafile.outputs)
  const bytesOf = (paths: readonly string[]): number =>
    paths
      .map(path => result.outputFiles.find(file => file.path.replaceAll('\\', '/').endsWith(path))!)
      .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
  const { outputs } = result.metafile
  const beside = Object.keys(outputs).filter(path => outputs[path]!.entryPoint?.endsWith('view/beside.js'))
  const besideBytes = bytesOf(withImports(outputs, beside).filter(path => !first.includes(path)))
  return { result, first, bytes: bytesOf(first), besideBytes }
}

/** The entry and what it imports without waiting. */
function reached(outputs: Metafile['outputs']): string[] {
  const entries = Object.keys(outputs).filter(path => outputs[path]!.entryPoint !== undefined && !isLate(outputs, path))
  return withImports(outputs, entries)
}

function withImports(outputs: Metafile['outputs'], from: readonly string[]): string[] {
  const paths = [...from]
  for (const path of paths)
    for (const { kind, path: next } of outputs[path]!.imports)
      if (kind === 'import-statement' && !paths.includes(next)) paths.push(next)
  return paths
}

/** Pieces that are imported while the game runs are entry points of their own. */
const isLate = (outputs: Metafile['outputs'], path: string): boolean =>
  Object.values(outputs).some(({ imports }) =>
    imports.some(made => made.kind === 'dynamic-import' && made.path === path),
  )
