/** Where servers of actions listen, and their clients look, unless they are told otherwise. */

export const defaultPort = 31425
export const defaultUrl: string = `ws://localhost:${defaultPort}`
