/** The player of fieldcast-client.ts, over TCP. */
import { tcpDialer } from 'fieldcast/transports/tcp'
import type { Join } from './contestant.ts'
import { joinBy } from './fieldcast-client.ts'

export const join: Join = joinBy('tcp', tcpDialer())
