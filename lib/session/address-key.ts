/** Whom an address stands for where connections are counted: one IPv4 address, or the 64 bits of an IPv6 network, of which one household has all the rest. */

/** Takes anything: what is no IP address stands for itself. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const groups = groupsOf(address.replace(/%.*$/s, ''))
  if (!groups) return address
  const [high = 0, low = 0] = groups.slice(6)
  // An IPv4 address as IPv6 sockets write it.
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  const network = groups.slice(0, 4).map(group => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an IPv6 address; null where it is none. */
function groupsOf(text: string): number[] | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [front, back] = halves.map(half => (half === '' ? [] : half.split(':').flatMap(numbersOf)))
  const all = [...front!, ...(back ?? [])]
  if (!all.every(group => group >= 0) || (back ? all.length > 7 : all.length !== 8)) return null
  return back ? [...front!, ...Array<number>(8 - all.length).fill(0), ...back] : all
}

/** One group, or the two that an IPv4 address at the end stands for; -1 for what is neither. */
function numbersOf(group: string): number[] {
  if (/^[\da-f]{1,4}$/i.test(group)) return [Number.parseInt(group, 16)]
  const bytes = /^\d{1,3}(\.\d{1,3}){3}$/.test(group) ? group.split('.').map(Number) : []
  if (bytes.length !== 4 || bytes.some(byte => byte > 255)) return [-1]
  return [bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!]
}
