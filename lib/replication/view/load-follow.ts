/** Loads what follows to another server, once. A page of yesterday may not find it. */
let follow: typeof import('./follow.ts') | undefined

export const loadFollow = async (): Promise<typeof import('./follow.ts')> => (follow ??= await import('./follow.ts'))
