/** The door to Vega: draws without a browser. */
import { parse, View } from 'vega'
import { compile } from 'vega-lite'

export async function draw(specification: object): Promise<string> {
  const view = new View(parse(compile(specification).spec), { renderer: 'none' })
  return `${await view.toSVG()}\n`
}
