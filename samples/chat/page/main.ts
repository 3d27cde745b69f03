/** The room in a browser. */
import { connect } from 'fieldcast/client'
import { Person } from '../model.ts'
import { $, bubble, drawPeople, note, showStatus } from './view.ts'

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

/** Stays in the room until the connection ends. */
async function visit() {
  const client = await connect(location.origin.replace(/^http/, 'ws'), { classes: [PagePerson] })
  const wish = $('name').value
  me = client.avatar
  showStatus('')
  drawPeople(people, me)
  client.on('vetoed', ({ reason }) => note(`Not passed on: ${reason}`))
  // Back after the server was away: under the old name, if it is still free.
  if (wish) await rename(wish)
  else $('name').value = me.name
  const { text } = await new Promise<{ text: string }>(resolve => client.on('close', resolve))
  showStatus(`The connection has ended (${text.replace(/\.$/, '')}). Looking for the server…`)
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

for (;;) {
  await visit().catch((error: Error) => showStatus(error.message))
  me = null
  people.clear()
  drawPeople(people, me)
  await new Promise(resolve => setTimeout(resolve, 1000))
}
