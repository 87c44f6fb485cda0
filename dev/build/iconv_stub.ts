/**
 * Stands in for iconv-lite in the Worker's bundle, where its tables are 200 KB of nothing: our
 * connections speak utf8mb4. Only the old three-byte utf8 of information_schema arrives here,
 * under the name cesu8; below U+10000, all it can hold, it is the same as utf8.
 */
export function getDecoder(encoding: string) {
  assertUtf8(encoding)
  const decoder = new TextDecoder()
  return {
    write: (bytes: Uint8Array) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  }
}

export function getEncoder(encoding: string) {
  assertUtf8(encoding)
  const encoder = new TextEncoder()
  return {
    write: (text: string) => encoder.encode(text),
    end: () => undefined,
  }
}

function assertUtf8(encoding: string): void {
  if (/^(cesu-?8|utf-?8)$/i.test(encoding)) return
  throw new Error(`Cannot convert text as only utf8 is built in: ${encoding}`)
}
