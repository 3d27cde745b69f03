/** Why a TCP or TLS connection did not come about, in words. */
import type { Buffer } from 'node:buffer'
import { tcpWords, tlsReason } from '../tls-reasons.ts'

const TLS_ALERT = 0x15

/** What the system or TLS says. */
export function reasonOf(error: Error & { code?: string; errors?: readonly Error[] }): string {
  const { code } = error
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody listens there (ECONNREFUSED).'
    case 'ENOTFOUND':
      return 'there is no such host (ENOTFOUND).'
  }
  // Several addresses were tried, and each has its own reason.
  const message = error.message || error.errors?.[0]?.message || 'no reason is known'
  const reason = tlsReason(code, message, tcpWords)
  if (reason) return reason
  return code ? `${message} (${code}).` : `${message}.`
}

/** Something answers there, but not in this wire. */
export function strangeAnswer(first: Buffer): string {
  if (first[0] === TLS_ALERT) return 'TLS is spoken there: its url is tls://.'
  if (first.toString('latin1', 0, 5) === 'HTTP/') return 'HTTP is spoken there. Is its url ws:// or wss://?'
  return 'what answers there does not speak fieldcast over TCP.'
}
