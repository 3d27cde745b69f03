/** Names and speech bubbles, in screen pixels so that they can be read at any zoom. */
import type { Point } from '../../world.ts'
import type { Speech } from '../avatars.ts'
import { colourOf } from '../colours.ts'

const FONT = 'ui-rounded, "SF Pro Rounded", system-ui, "Segoe UI", "DejaVu Sans", sans-serif'
const LINE = 18
const WIDEST = 190
/** How long a bubble stands, ms, besides the time that its letters take. */
const STAYS = 3500
const PER_LETTER = 45
const FADES = 300

/** @param at the point above the head. */
export function drawName(ctx: CanvasRenderingContext2D, at: Point, name: string, colour: number, own: boolean): void {
  ctx.font = `700 12.5px ${FONT}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  const width = ctx.measureText(name).width + 16
  ctx.fillStyle = own ? colourOf(colour).shade : 'rgba(36, 31, 74, 0.62)'
  ctx.beginPath()
  ctx.roundRect(at.x - width / 2, at.y - 20, width, 19, 9.5)
  ctx.fill()
  ctx.fillStyle = '#fff'
  ctx.fillText(name, at.x, at.y - 10)
}

/** @param at the point above the name. */
export function drawSpeech(ctx: CanvasRenderingContext2D, at: Point, speech: Speech, now: number): void {
  const left = STAYS + speech.text.length * PER_LETTER - (now - speech.at)
  if (left <= 0) return
  const shown = Math.min(1, left / FADES, (now - speech.at) / 120 + 0.2)
  ctx.font = `500 14px ${FONT}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  const lines = wrap(ctx, speech.text)
  const width = Math.max(...lines.map(line => ctx.measureText(line).width), 16) + 26
  const height = lines.length * LINE + 15
  const top = at.y - 32 - height
  ctx.save()
  ctx.globalAlpha = shown
  ctx.translate(at.x, at.y - 24)
  ctx.scale(0.85 + shown * 0.15, 0.85 + shown * 0.15)
  ctx.translate(-at.x, 24 - at.y)
  ctx.shadowColor = 'rgba(32, 26, 70, 0.3)'
  ctx.shadowBlur = 14
  ctx.shadowOffsetY = 4
  ctx.fillStyle = '#fff'
  ctx.beginPath()
  ctx.roundRect(at.x - width / 2, top, width, height, 15)
  ctx.fill()
  ctx.shadowColor = 'transparent'
  ctx.beginPath()
  ctx.moveTo(at.x - 8, top + height - 1)
  ctx.quadraticCurveTo(at.x - 2, top + height + 3, at.x - 1, top + height + 9)
  ctx.quadraticCurveTo(at.x + 5, top + height + 5, at.x + 8, top + height - 1)
  ctx.fill()
  ctx.fillStyle = '#2b2650'
  for (const [i, line] of lines.entries()) ctx.fillText(line, at.x, top + 7.5 + LINE * (i + 0.5))
  ctx.restore()
}

function wrap(ctx: CanvasRenderingContext2D, text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(word => pieces(ctx, word))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && ctx.measureText(longer).width > WIDEST) {
      lines.push(line)
      line = word
    } else line = longer
  }
  lines.push(line)
  return lines
}

/** A word that is wider than a line, in parts that are not. */
function pieces(ctx: CanvasRenderingContext2D, word: string): string[] {
  if (ctx.measureText(word).width <= WIDEST) return [word]
  const parts = ['']
  for (const letter of word) {
    if (ctx.measureText(parts.at(-1) + letter).width > WIDEST) parts.push('')
    parts[parts.length - 1] += letter
  }
  return parts
}
