/** Who has the most. */
import { Board, type Leader } from '../../model.ts'
import { colourOf } from '../colours.ts'
import type { ArenaClient } from '../connection.ts'
import { element } from './dom.ts'

const panel = element('leaders')
const ranks = element('ranks')
let shown: readonly Leader[] | null = null

export function showLeaders({ objects }: ArenaClient): void {
  const leaders = objects.of(Board)[0]?.leaders ?? []
  if (leaders === shown) return
  shown = leaders
  panel.hidden = leaders.length === 0
  ranks.replaceChildren(...leaders.map(row))
}

function row({ name, colour, score }: Leader): HTMLLIElement {
  const item = document.createElement('li')
  const dot = document.createElement('i')
  dot.className = 'dot'
  dot.style.background = colourOf(colour).body
  const who = document.createElement('span')
  who.textContent = name
  const points = document.createElement('b')
  points.textContent = String(score)
  item.append(dot, who, points)
  return item
}
