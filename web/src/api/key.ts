// The name under which something is sent once: the server takes what comes twice under one name as one act.

/** A UUID of version 4 (RFC 9562); over plain http a browser has no `randomUUID`, and a strike must still be reported. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Gives what is sent its key: the same content keeps its key until it is through, other content gets one of its own. */
export function keysOf(): (body: unknown) => { 'Idempotency-Key': string } {
  let content = ''
  let key = ''
  return (body) => {
    const now = JSON.stringify(body)
    if (now !== content) [content, key] = [now, freshKey()]
    return { 'Idempotency-Key': key }
  }
}
