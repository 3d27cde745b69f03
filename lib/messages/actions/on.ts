/** `@on(action)`: makes a method of a channel or listener a handler, under whatever name it has. */
import { UsageError } from '../../base/errors.ts'

/** Both dialects of decorators. */
export interface OnDecorator {
  (method: (data: any) => unknown, context: ClassMethodDecoratorContext): void
  (prototype: object, name: string, descriptor?: TypedPropertyDescriptor<(data: any) => unknown>): void
}

type Mark = readonly [name: string, action: string]

/** As much of a channel or listener as is needed. */
interface Target {
  on(action: string, handler: (data: any) => unknown): unknown
}

/** What a class itself has marked, by its prototype, in the older dialect. */
const marks = new WeakMap<object, Mark[]>()
/** What an instance has taken over: a method that is marked again in a subclass is one handler. */
const adopted = new WeakMap<object, Set<string>>()

/**
 * Makes a method the handler of an action. A subclass that overrides the method need not repeat it.
 *
 * ```ts
 * class Board extends ActionListener {
 *   @on('draw') paint({ x, y }: { x: number; y: number }) {}
 * }
 * ```
 *
 * @throws UsageError where it stands on something else than a public method of an instance.
 */
export function on(action: string): OnDecorator {
  if (typeof action !== 'string') throw new UsageError(`@on takes the name of an action, not ${String(action)}.`)
  return ((target: unknown, place: string | symbol | ClassMethodDecoratorContext, third?: unknown): void => {
    if (typeof place === 'string' && typeof target === 'object') return record(target as object, [place, action])
    // The transformer's form, from a static block.
    if (typeof place === 'string' && typeof target === 'function' && third === null)
      return record(target.prototype as object, [place, action])
    const { kind, name } = place as Partial<ClassMethodDecoratorContext>
    const { static: isStatic, private: isPrivate } = place as Partial<ClassMethodDecoratorContext>
    if (kind !== 'method' || isStatic || isPrivate || typeof name !== 'string')
      throw new UsageError(
        `@on('${action}') stands on what is no public method of an instance: ${String(name ?? place)}.`,
      )
    const { addInitializer } = place as ClassMethodDecoratorContext
    addInitializer(function (this: unknown) {
      adopt(this as Target, [name, action])
    })
  }) as OnDecorator
}

/** Takes over what the older dialect has marked in the classes of an instance, the oldest class first. */
export function adoptMarks(instance: Target): void {
  const found: Mark[][] = []
  for (let at: object | null = Object.getPrototypeOf(instance); at; at = Object.getPrototypeOf(at)) {
    const own = marks.get(at)
    if (own) found.unshift(own)
  }
  for (const mark of found.flat()) adopt(instance, mark)
}

function record(prototype: object, mark: Mark): void {
  const own = marks.get(prototype)
  if (own) own.push(mark)
  else marks.set(prototype, [mark])
}

function adopt(instance: Target, [name, action]: Mark): void {
  const taken = adopted.get(instance) ?? new Set()
  adopted.set(instance, taken)
  const key = JSON.stringify([name, action])
  if (taken.has(key)) return
  taken.add(key)
  // By its name, so that an override counts.
  instance.on(action, data => (instance as unknown as Record<string, (data: any) => unknown>)[name]!(data))
}
