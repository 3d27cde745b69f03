/** Metadata by reflect-metadata: the only file that imports it. */
import 'reflect-metadata/lite'

export const write = (key: string, value: unknown, target: object): void => Reflect.defineMetadata(key, value, target)
export const read = (key: string, target: object): unknown => Reflect.getOwnMetadata(key, target)
