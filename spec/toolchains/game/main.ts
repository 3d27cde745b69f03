/** The whole game as a program. */
import { game } from './game.js'

export const done: Promise<void> = game()
