/** Why a connection over TLS did not come about, in words, for WebSocket and TCP alike. */

/** `plain`, `secure`: the beginnings of the urls of a wire, without and with TLS. `maker`: in whose options `tls` stands. */
export interface TlsWords {
  readonly plain: string
  readonly secure: string
  readonly maker: string
}

export const websocketWords: TlsWords = { plain: 'ws://', secure: 'wss://', maker: 'websocketDialer' }
export const tcpWords: TlsWords = { plain: 'tcp://', secure: 'tls://', maker: 'tcpDialer' }

/** For the code of an error, what is probably wrong and what to do; null where it has nothing to do with TLS. */
export function tlsReason(code: string | undefined, message: string, { plain, maker }: TlsWords): string | null {
  // Of Node's https the code is EPROTO, and OpenSSL's own word stands in the message.
  const isPlain = code === 'EPROTO' && /wrong version number|packet length too long/.test(message)
  switch (isPlain ? 'ERR_SSL_WRONG_VERSION_NUMBER' : code) {
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `what answers there does not speak TLS. Is its url ${plain}? (${code})`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `its certificate is self-signed, and nobody vouches for it. Where it is your own, give it to the client: ${maker}({ tls: { ca } }). (${code})`
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `its certificate is from nobody whom this machine trusts. Does the server send its whole chain? Where the authority is your own, give its certificate to the client: ${maker}({ tls: { ca } }). (${code})`
    case 'CERT_HAS_EXPIRED':
      return `its certificate has expired: renew it, or set this machine's clock. (${code})`
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid yet: is this machine's clock right? (${code})`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for another name. Connect by a name that it bears, or write one into ${maker}({ tls: { servername } }). ${message} (${code})`
  }
  return null
}

/** The connection was there, and ended before an answer. */
export function closedEarly(isSecure: boolean, { secure }: TlsWords): string {
  const hint = isSecure ? '' : ` If the server speaks TLS, its url is ${secure}.`
  return `the connection was closed before the server answered.${hint}`
}
