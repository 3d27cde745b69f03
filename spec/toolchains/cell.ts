/** Builds the game with one toolchain, plays it, plays it again against the reference's server and client, and says what differs. */
import { compare, type Differences } from './compare.ts'
import { type Pages, serveFolder } from './pages.ts'
import { type Place, Program, run } from './process.ts'
import type { Command, Outcome, Page, Programs, Recipe } from './recipe.ts'
import { versionOf, type Workshop } from './workshop.ts'

/** Null: not to be had from this toolchain. Else the difference, or '' for none. */
export type Finding = string | null

export interface Cell {
  readonly recipe: Recipe
  /** Of the tools, as they are installed. */
  readonly versions: string
  readonly buildMs: number | null
  /** The contract in every game that was played. */
  readonly hash: Finding
  /** The toolchain's own game. */
  readonly behaviour: Finding
  /** Its client at the reference's server, its server under the reference's client. */
  readonly cross: Finding
}

/** A built game that others are compared with. */
export interface Reference {
  readonly place: Place
  readonly programs: Programs
  readonly outcome: Outcome
}

export const passes = ({ hash, behaviour, cross }: Cell): boolean =>
  [hash, behaviour, cross].every(finding => !finding) && [hash, behaviour, cross].some(finding => finding === '')

/** Builds and plays the game that all others must equal. */
export async function referenceOf(recipe: Recipe, workshop: Workshop): Promise<Reference> {
  if (recipe.run.kind !== 'programs') throw new Error(`${recipe.name} is no reference: it has no server.`)
  const place = await workshop.place({ ...recipe, name: 'reference' })
  for (const command of recipe.build) await run(command, place)
  return { place, programs: recipe.run, outcome: await play(recipe.run.main, place) }
}

export async function runCell(
  recipe: Recipe,
  workshop: Workshop,
  reference: Reference,
  pages: Pages | null,
): Promise<Cell> {
  let cell: Cell = { recipe, versions: '', buildMs: null, hash: null, behaviour: null, cross: null }
  try {
    const place = await workshop.place(recipe)
    cell = { ...cell, versions: await versionsOf(recipe, place) }
    const from = performance.now()
    for (const command of recipe.build) await run(command, place)
    if (recipe.build.length > 0) cell = { ...cell, buildMs: performance.now() - from }
    const own = recipe.run.kind === 'programs' ? [await play(recipe.run.main, place)] : []
    const ownDiffers = own.map(outcome => compare(outcome, reference.outcome))
    cell = { ...cell, hash: finding(ownDiffers, 'hash'), behaviour: finding(ownDiffers, 'behaviour') }
    try {
      const crossDiffer = (await cross(recipe.run, place, reference, pages)).map(outcome =>
        compare(outcome, reference.outcome),
      )
      return {
        ...cell,
        hash: finding([...ownDiffers, ...crossDiffer], 'hash'),
        cross: finding(crossDiffer, 'behaviour'),
      }
    } catch (error) {
      return { ...cell, cross: (error as Error).message }
    }
  } catch (error) {
    return { ...cell, behaviour: (error as Error).message }
  }
}

function finding(all: readonly Differences[], part: keyof Differences): Finding {
  return all.length === 0 ? null : (all.map(differences => differences[part]).find(text => text) ?? '')
}

const play = (main: Command, place: Place): Promise<Outcome> => run(main, place)

/** The toolchain's client at the reference's server, then its server under the reference's client. */
async function cross(
  how: Programs | Page,
  place: Place,
  reference: Reference,
  pages: Pages | null,
): Promise<Outcome[]> {
  const theirs = { command: reference.programs.server!, place: reference.place }
  if (how.kind === 'page') {
    if (!pages) throw new Error('There is no browser.')
    return [await withPage(how, place, page => meet(theirs, url => pages.play(page, url)))]
  }
  const { server, client } = how
  const outcomes: Outcome[] = []
  if (client) outcomes.push(await meet(theirs, url => run([...client, url], place)))
  if (server) {
    const own = { command: server, place }
    outcomes.push(await meet(own, url => run([...reference.programs.client!, url], reference.place)))
  }
  return outcomes
}

/** One game of a server with clients from elsewhere. */
async function meet(
  { command, place }: { readonly command: Command; readonly place: Place },
  playAt: (url: string) => Promise<Outcome['client']>,
): Promise<Outcome> {
  const program = new Program(command, place)
  try {
    const { url } = await program.line()
    const client = await playAt(url)
    return { server: await program.end(), client }
  } finally {
    program.kill()
  }
}

async function withPage<T>({ from }: Page, place: Place, use: (url: string) => Promise<T>): Promise<T> {
  if (typeof from === 'string') {
    const { url, server } = await serveFolder(`${place.folder}/${from}`)
    return use(url).finally(() => server.close())
  }
  const program = new Program(from, place)
  try {
    const { url } = await program.line()
    const used = await use(url)
    await program.end()
    return used
  } finally {
    program.kill()
  }
}

async function versionsOf({ shown = [] }: Recipe, place: Place): Promise<string> {
  const node = async (): Promise<string> =>
    `Node ${await run(['node', '-p', 'JSON.stringify({ node: process.versions.node })'], place).then(({ node }) => node)}`
  return shown.length === 0 ? node() : shown.map(name => `${name} ${versionOf(place.installation, name)}`).join(', ')
}
