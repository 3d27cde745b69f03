/** The lines at the top: where one is, what one has, who else is there, how long the wire is. */
import { Board } from '../../model.ts'
import { zoneAt, zoneName } from '../../world.ts'
import { biomeOf } from '../biomes.ts'
import type { ArenaClient } from '../connection.ts'
import { element, setText } from './dom.ts'

/** Round trips up to so many ms are good, and fair. */
const GOOD = 90
const FAIR = 200

const motd = element('motd')
const zone = element('zone')
const biome = element('biome')
const score = element('score')
const players = element('players')
const latency = element('latency')
const signal = element('signal')

/** What the server tells everybody, such as which network it plays; '' for nothing. */
export function showMotd(text: string): void {
  setText(motd, text)
  motd.hidden = text === ''
}

export function showStatus(client: ArenaClient): void {
  const { avatar } = client
  const here = zoneAt(avatar.place())
  setText(zone, zoneName(here))
  setText(biome, biomeOf(here).name)
  setText(score, String(avatar.score))
  setText(players, String(client.objects.of(Board)[0]?.players ?? 1))
  const ms = client.latency
  setText(latency, ms === 0 ? '–' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`)
  signal.className = `dot ${ms <= GOOD ? 'good' : ms <= FAIR ? 'fair' : 'poor'}`
}
