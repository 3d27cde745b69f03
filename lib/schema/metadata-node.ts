/** Metadata by reflect-metadata: the only file that imports it. */
import 'reflect-metadata/lite'

export const metadataStore = <T>(
  key: string,
): Pick<WeakMap<object, T>, 'get'> & { set(target: object, value: T): void } => ({
  get: target => Reflect.getOwnMetadata(key, target) as T | undefined,
  set: (target, value) => Reflect.defineMetadata(key, value, target),
})
