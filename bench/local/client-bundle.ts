/** What a page loads of a library before it can connect: bundled and minified by esbuild, with gzip. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

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

/** Bytes of the entry, without pieces that are loaded later. */
export async function bundleBytes(library: Library): Promise<number> {
  const { metafile, outputFiles } = await build({
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
  const { outputs } = metafile
  const late = new Set(
    Object.values(outputs).flatMap(({ imports }) =>
      imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
    ),
  )
  const first = Object.keys(outputs).filter(path => outputs[path]!.entryPoint !== undefined && !late.has(path))
  for (const path of first)
    for (const { kind, path: next } of outputs[path]!.imports)
      if (kind === 'import-statement' && !first.includes(next)) first.push(next)
  return first
    .map(path => outputFiles.find(file => file.path.replaceAll('\\', '/').endsWith(path))!)
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}
