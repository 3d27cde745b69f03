/** What a server says it is in its hello. A spec holds the version to package.json. */

export const version = '0.1.0'
export const library: string = `fieldcast/${version}`
