/** Where declarations are kept: reflect-metadata, which two copies of a class loader and every decorator dialect can share. The only file that imports it. */
import 'reflect-metadata/lite'

// TypeScript and esbuild give a class its metadata object only where this symbol exists when the class is defined.
;(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata')

export class MetadataStore<T> {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  put(target: object, value: T): void {
    Reflect.defineMetadata(this.#key, value, target)
  }

  /** What was put on this very target, not on one that it inherits from. */
  get(target: object): T | undefined {
    return Reflect.getOwnMetadata(this.#key, target) as T | undefined
  }
}

/** The compiler's own notes of a method's parameters, present with `emitDecoratorMetadata`: good for a hint, too coarse for a wire format. */
export function designTypes(prototype: object, method: string): string[] | undefined {
  const types = Reflect.getMetadata('design:paramtypes', prototype, method) as { name?: string }[] | undefined
  return types?.map(type => type?.name ?? 'Object')
}
