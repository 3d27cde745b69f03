/** The elements of the page, by id and kind. */

/** @throws Error for an id that index.html does not have, or has on another kind of element. */
export function element<T extends Element = HTMLElement>(
  id: string,
  kind: abstract new () => T = HTMLElement as never,
): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`index.html has no ${kind.name} with the id ${id}.`)
}

/** Sets a text, if it is another: the page is laid out again only for news. */
export function setText(at: Element, text: string): void {
  if (at.textContent !== text) at.textContent = text
}
