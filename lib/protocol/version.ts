/** What a server says it is in its hello. A spec holds the version to package.json. */

/** Version of the protocol; differs whenever an old peer could misread a new one. */
export const protocolVersion = 2

export const version = '0.1.0'
export const library: string = `fieldcast/${version}`
