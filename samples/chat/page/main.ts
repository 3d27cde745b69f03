/** The room in a browser. */
import { connect } from 'fieldcast/client'
import { type Line, Person, Room } from '../model.ts'
import { keyOf } from './key.ts'
import { $, bubble, drawPeople, drawTalk, note, showMotd, showStatus } from './view.ts'

/** `?name=bob` in the address is somebody else than who comes without, and than `?name=ann`. */
const asked = new URLSearchParams(location.search).get('name') ?? ''
const login = { key: keyOf(asked) }

const people = new Set<PagePerson>()
let me: PagePerson | null = null

class PagePerson extends Person {
  override onEnter() {
    people.add(this)
    if (me) note(`${this.name} came in`)
    drawPeople(people, me)
  }

  override onLeave() {
    people.delete(this)
    note(`${this.name} left`)
    drawPeople(people, me)
  }

  override setName(name: string) {
    super.setName(name)
    drawPeople(people, me)
  }

  override say(text: string) {
    bubble(this, text, false)
  }
}

class PageRoom extends Room {
  override recall(lines: readonly Line[]) {
    drawTalk(lines)
  }
}

/** Stays in the room until the connection ends; gives whether to look for the server again. */
async function visit() {
  const url = location.origin.replace(/^http/, 'ws')
  const client = await connect(url, {
    classes: [PagePerson, PageRoom],
    avatar: PagePerson,
    login,
    on: { hello: ({ motd }) => showMotd(motd) },
  })
  const wish = $('name').value || asked
  me = client.avatar
  showStatus('')
  drawPeople(people, me)
  client.on('vetoed', ({ reason }) => note(`Not passed on: ${reason}`))
  // Back after the server was away: under the old name, if it is still free.
  if (wish && wish !== me.name) await rename(wish)
  else $('name').value = me.name
  const { reason, text } = await new Promise<{ reason: string; text: string }>(resolve => client.on('close', resolve))
  // Two tabs that both came back by themselves would throw each other out for ever.
  const isElsewhere = reason === 'double-login'
  if (isElsewhere) showStatus('You have gone on in another tab. Reload this one to come back here.')
  else showStatus(`The connection has ended (${text.replace(/\.$/, '')}). Looking for the server…`)
  return !isElsewhere
}

async function rename(wish: string) {
  try {
    const name = await me?.send.rename(wish)
    if (name === undefined) return
    $('name').value = name
    note(`You are now ${name}`)
  } catch (error) {
    note((error as Error).message)
  }
}

$('rename').onsubmit = event => {
  event.preventDefault()
  void rename($('name').value)
}

$('say').onsubmit = event => {
  event.preventDefault()
  const text = $('text').value.trim()
  if (!me || !text) return
  me.send.say(text)
  bubble(me, text, true)
  $('text').value = ''
}

const failed = (error: Error) => {
  showStatus(error.message)
  return true
}

while (await visit().catch(failed)) {
  me = null
  people.clear()
  drawPeople(people, me)
  await new Promise(resolve => setTimeout(resolve, 1000))
}
