/** How many steps the iterators of Sets, Maps and arrays take: what a piece of code visits, whatever it does there. */

type Next = () => IteratorResult<unknown>
const prototypes = [new Set(), new Map(), []].map(
  all => Object.getPrototypeOf(all[Symbol.iterator]()) as { next: Next },
)

export function stepsOf(run: () => void): number {
  let steps = 0
  const originals = prototypes.map(({ next }) => next)
  prototypes.forEach((prototype, i) => {
    prototype.next = function (this: unknown) {
      steps++
      return originals[i]!.call(this as never)
    }
  })
  try {
    run()
  } finally {
    prototypes.forEach((prototype, i) => {
      prototype.next = originals[i]!
    })
  }
  return steps
}
