/** The player of fieldcast-client.ts, over WebRTC. */
import { webrtcDialer } from 'fieldcast/transports/webrtc'
import type { Join } from './contestant.ts'
import { joinBy } from './fieldcast-client.ts'

export const join: Join = joinBy('webrtc', webrtcDialer({ timeout: 60_000 }))
