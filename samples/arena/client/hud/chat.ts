/** What is said: a line to speak, and a short log of what was heard. */
import { colourOf } from '../colours.ts'
import { element } from './dom.ts'

const LINES = 6
/** How long a line stays, ms. */
const STAYS = 15_000

const log = element('log')
const form = element('speak', HTMLFormElement)
const words = element('words', HTMLInputElement)
const button = element('talk')

/** @param say called with each sentence. @param opened called when the line takes the keyboard. */
export function startChat(say: (text: string) => void, opened: () => void): void {
  const open = (): void => {
    form.hidden = false
    button.hidden = true
    words.focus()
    opened()
  }
  const close = (): void => {
    form.hidden = true
    button.hidden = false
    words.blur()
  }
  form.addEventListener('submit', event => {
    event.preventDefault()
    const text = words.value.trim()
    words.value = ''
    close()
    if (text !== '') say(text)
  })
  words.addEventListener('keydown', event => {
    if (event.key === 'Escape') close()
    event.stopPropagation()
  })
  words.addEventListener('blur', close)
  button.addEventListener('click', open)
  addEventListener('keydown', event => {
    if (
      event.key !== 'Enter' ||
      document.body.dataset['phase'] !== 'playing' ||
      document.activeElement instanceof HTMLButtonElement
    )
      return
    event.preventDefault()
    open()
  })
}

/** Adds a line to the log. */
export function logLine(name: string, colour: number, text: string): void {
  const line = document.createElement('li')
  const who = document.createElement('b')
  who.textContent = name
  who.style.color = colourOf(colour).light
  line.append(who, text)
  log.append(line)
  while (log.childElementCount > LINES) log.firstElementChild?.remove()
  setTimeout(() => line.classList.add('old'), STAYS)
}
