/** The first screen: a name and a colour, kept for the next time. `?name=ann` in the address skips it. */
import { COLOURS, colourOf } from '../colours.ts'
import type { Player } from '../connection.ts'
import { element } from './dom.ts'

const KEY = 'fieldcast-arena-player'
const dialog = element('welcome', HTMLDialogElement)
const form = element('join', HTMLFormElement)
const name = element('name', HTMLInputElement)
const colours = element('colours')
const face = element('face', SVGPathElement)
const refused = element('refused')

/** Asks who comes in, and calls `enter` with the answer: now, and after each refusal. */
export function startWelcome(enter: (player: Player) => void): void {
  const address = new URLSearchParams(location.search)
  const known = recall()
  const colour = Number(address.get('colour') ?? known?.colour ?? Math.floor(Math.random() * COLOURS.length)) || 0
  name.value = address.get('name') ?? known?.name ?? ''
  colours.append(...COLOURS.map((_, index) => swatch(index, index === colour)))
  paint(colour)
  form.addEventListener('submit', event => {
    event.preventDefault()
    const chosen = { name: name.value.trim(), colour: Number(new FormData(form).get('colour')) }
    remember(chosen)
    dialog.close()
    enter(chosen)
  })
  // There is nothing behind this screen to go back to.
  dialog.addEventListener('cancel', event => event.preventDefault())
  if (address.has('name')) enter({ name: name.value, colour })
  else openWelcome()
}

/** @param why the server's reason for turning the player away. */
export function openWelcome(why = ''): void {
  refused.textContent = why
  refused.hidden = why === ''
  if (!dialog.open) dialog.showModal()
  name.focus()
  name.select()
}

function swatch(index: number, chosen: boolean): HTMLInputElement {
  const input = document.createElement('input')
  input.type = 'radio'
  input.name = 'colour'
  input.value = String(index)
  input.checked = chosen
  input.ariaLabel = `Colour ${index + 1}`
  input.style.setProperty('--colour', colourOf(index).body)
  input.addEventListener('change', () => paint(index))
  return input
}

function paint(colour: number): void {
  face.style.fill = colourOf(colour).body
}

function recall(): Player | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Player | null
  } catch {
    return null
  }
}

function remember(player: Player): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(player))
  } catch {
    // A private window without storage plays all the same.
  }
}
