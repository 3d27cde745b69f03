/** What the page draws; nothing here knows of a network. */
interface Face {
  readonly name: string
}

/** The page's elements by id. */
export function $<Id extends keyof Elements>(id: Id): Elements[Id] {
  return document.getElementById(id) as Elements[Id]
}

interface Elements {
  people: HTMLUListElement
  rename: HTMLFormElement
  name: HTMLInputElement
  status: HTMLParagraphElement
  motd: HTMLParagraphElement
  talk: HTMLOListElement
  say: HTMLFormElement
  text: HTMLInputElement
}

let due = 0

/** Draws the list of people; once for all that one frame has changed. */
export function drawPeople(people: Iterable<Face>, me: Face | null) {
  cancelAnimationFrame(due)
  due = requestAnimationFrame(() => {
    const items = [...people].map(person => {
      const item = element('li', person === me ? 'me' : '')
      item.append(badge(person), element('span', '', person.name))
      return item
    })
    $('people').replaceChildren(...items)
  })
}

/** The name of who spoke last. */
let last = ''

/** Starts the talk anew, with what was said before. */
export function drawTalk(lines: readonly { readonly name: string; readonly text: string }[]) {
  $('talk').replaceChildren()
  last = ''
  for (const line of lines) bubble(line, line.text, false)
}

/** Adds something said; several in a row by one person stand together. */
export function bubble(face: Face, text: string, mine: boolean) {
  const item = element('li', `said${mine ? ' mine' : ''}${last === face.name ? '' : ' first'}`)
  if (last !== face.name && !mine) item.append(badge(face), element('strong', '', face.name))
  item.append(element('p', '', text))
  last = face.name
  add(item)
}

/** Adds a remark of the room's own. */
export function note(text: string) {
  last = ''
  add(element('li', 'note', text))
}

/** Says what is wrong with the connection; '' when nothing is. */
export function showStatus(text: string) {
  $('status').textContent = text
  $('status').hidden = text === ''
  for (const form of [$('say'), $('rename')]) form.inert = text !== ''
}

/** What the server tells everybody; '' for nothing. */
export function showMotd(text: string) {
  $('motd').textContent = text
  $('motd').hidden = text === ''
}

function add(item: HTMLElement) {
  const talk = $('talk')
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80
  talk.append(item)
  if (atEnd) item.scrollIntoView({ block: 'end' })
}

function badge({ name }: Face) {
  const mark = element('i', '', [...name][0]?.toUpperCase() ?? '?')
  // By the name, so that it is the same tomorrow.
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 360, 0)
  mark.style.setProperty('--hue', String(hue))
  mark.ariaHidden = 'true'
  return mark
}

function element(tag: string, className: string, text = '') {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}
