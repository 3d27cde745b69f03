/** What stands behind the `?` of a store's url: the parameter that names one of several worlds in a database, and slips of the pen that a driver would pass over in silence. */
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/** The parameter that says which of several worlds in a database is meant: `?schema=world`, `?prefix=world_`. */
export type SpaceName = 'schema' | 'prefix'

const examples = { schema: '?schema=name', prefix: '?prefix=name_' } as const

/** Options of our stores that no driver has a parameter for. */
const optionsAlone = ['connections', 'connectTimeout', 'queryTimeout', 'durability', 'create']

export interface WorldUrl {
  /** Without the parameter, for the driver. */
  readonly url: string
  readonly space: string | undefined
}

/** By hand: urls with several hosts are none for URL. @throws UsageError where it cannot be told what is a parameter. */
export function splitUrl(url: string, name: SpaceName): WorldUrl {
  const { start, parameters } = parametersOf(url)
  if (parameters.length === 0 && new RegExp(`[?&]${name}=`).test(url))
    throw new UsageError(
      "In a url '@' and '?' are written as %40 and %3F, where they stand in a user, a password or a parameter.",
    )
  const mine = parameters.filter(each => each.startsWith(`${name}=`))
  if (mine.length === 0) return { url, space: undefined }
  const others = parameters.filter(each => !mine.includes(each))
  return {
    url: url.slice(0, start) + (others.length > 0 ? `?${others.join('&')}` : ''),
    space: mine.at(-1)!.slice(name.length + 1),
  }
}

/**
 * The same for a store that is made by `maker`, where `option` may name the world too.
 * @throws UsageError where both do, and differ, or where a parameter looks like one of ours that is misspelt.
 */
export function worldOf(maker: string, name: SpaceName, given: unknown, option: string | undefined): WorldUrl {
  const { url, space } = splitUrl(String(given), name)
  for (const parameter of parametersOf(url).parameters) {
    const key = parameter.split('=', 1)[0]!
    if (optionsAlone.includes(key) || (key === 'tls' && name === 'schema'))
      throw new UsageError(`${maker}({ url }): ?${key} is no option of urls; say ${maker}({ url, ${key} }).`)
    if (key === 'schema' || key === 'prefix' || nearest(key, [name]))
      throw new UsageError(`${maker}({ url }): ?${key} is no option; did you mean ${examples[name]}?`)
  }
  if (option !== undefined && space !== undefined && option !== space)
    throw new UsageError(`${maker}({ ${name} }): '${option}', but { url } says ?${name}=${space}. Name one of them.`)
  return { url, space: option ?? space }
}

/** None where all that may be the end of a password that was not escaped: nothing of it may be quoted. */
function parametersOf(url: string): { start: number; parameters: string[] } {
  const start = url.lastIndexOf('?')
  const isDoubtful = url.includes('@', start) && !url.slice(0, start).includes('@')
  return { start, parameters: start < 0 || isDoubtful ? [] : url.slice(start + 1).split('&') }
}
