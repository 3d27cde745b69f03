/** What is wrong with the address in an url, in words: a resolver would only say that nobody is there. Loaded late: it imports nothing. */

/**
 * Why a connection to `scheme://host:port/…` cannot even be tried, as the end of a sentence; null where it can.
 * @param port one to show where it has to be named; undefined where the scheme has one of its own.
 */
export function addressFault(url: string, port: number | undefined): string | null {
  const [, scheme, authority] = /^([^:/?#]+):\/\/([^/?#]*)/.exec(url) ?? []
  if (scheme === undefined || authority === undefined) return 'an address is written scheme://host:port.'
  if (/[\s\p{Cc}]/u.test(url)) return 'there is a space in it.'
  const place = authority.slice(authority.lastIndexOf('@') + 1)
  const example = port === undefined ? '' : `:${port}`
  const bracket = place.indexOf(']')
  if (place.startsWith('[')) {
    if (bracket < 0) return `the bracket of its IPv6 address is not closed: ${scheme}://[::1]${example}`
    const inside = place.slice(1, bracket)
    if (inside.includes('%')) return 'an IPv6 address in an url cannot name an interface (%).'
    if (!URL.canParse(`http://[${inside}]/`)) return `[${inside}] is no IPv6 address.`
  } else if (place.split(':').length > 2) {
    return `an IPv6 address stands in brackets: ${scheme}://[::1]${example}`
  } else if (place.startsWith(':') || place === '') return 'it names no host.'
  const rest = bracket < 0 ? place.slice((place.indexOf(':') + 1 || place.length + 1) - 1) : place.slice(bracket + 1)
  if (rest === '' || rest === ':')
    return port === undefined && rest === '' ? null : `it names no port: ${scheme}://host${example || ':7200'}`
  const number = Number(rest.slice(1))
  if (!/^:\d+$/.test(rest) || number < 1 || number > 65_535)
    return `its port ${JSON.stringify(rest.replace(/^:/, ''))} is no number from 1 to 65535.`
  return URL.canParse(`http://${place}/`) ? null : `${JSON.stringify(place)} is no host and port.`
}
