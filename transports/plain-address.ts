/** A peer's address; one that IPv6 wraps is given as the IPv4 address that it is. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '')
