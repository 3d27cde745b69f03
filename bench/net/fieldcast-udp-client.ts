/** The player of fieldcast-client.ts, over UDP. */
import { udpDialer } from 'fieldcast/transports/udp'
import type { Join } from './contestant.ts'
import { joinBy } from './fieldcast-client.ts'

export const join: Join = joinBy('udp', udpDialer({ timeout: 60_000 }))
