/** A short word when something did not go through. */
import { element } from './dom.ts'

const STAYS = 2600
const toast = element('toast')
let timer = 0

export function showToast(text: string): void {
  toast.textContent = text
  toast.hidden = false
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    toast.hidden = true
  }, STAYS)
}
