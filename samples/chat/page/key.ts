/** Who someone in a browser is to the server: each name in the address has a key of its own, and whoever comes with the key is that person. */

/** The key of a name; made by chance when the name is new. */
export function keyOf(name: string): string {
  const item = `fieldcast-chat-key:${name}`
  try {
    const kept = localStorage.getItem(item)
    if (kept !== null) return kept
    const key = newKey()
    localStorage.setItem(item, key)
    return key
  } catch {
    // A private window without storage is somebody new each time.
    return newKey()
  }
}

/** 128 bits in hex. Not `crypto.randomUUID`, which pages do not have that came over plain http from another machine. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
