/** An address as a number, with the count of its bits: 32 or 128. */
export interface Address {
  value: bigint
  bits: number
}

/** What the panel takes for the caller's address: it stands behind one proxy that it trusts. */
export function clientAddress(request: Request): string {
  return request.headers.get('X-Forwarded-For')?.split(',').at(-1)?.trim() || '127.0.0.1'
}

/** Whether an address is the given one or lies in the given CIDR range. */
export function isInRange(address: string, range: string): boolean {
  const one = parseAddress(address)
  const block = parseRange(range)
  if (!one || !block || one.bits !== block.bits) return false
  return one.value >= block.first && one.value <= block.last
}

export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined
}

/** `198.51.100.16/30` → all its addresses, the first and the last included; undefined if it is none. */
export function addressesIn(range: string): string[] | undefined {
  const block = parseRange(range)
  if (!block) return undefined
  if (block.bits === 128) return [range]
  const count = Number(block.last - block.first) + 1
  return Array.from({ length: count }, (_, index) => formatV4(block.first + BigInt(index)))
}

function parseRange(range: string): { first: bigint; last: bigint; bits: number } | undefined {
  const [text = '', length] = range.split('/')
  const address = parseAddress(text)
  const prefix = length === undefined ? address?.bits : Number(length)
  if (!address || prefix === undefined || !(prefix >= 0 && prefix <= address.bits)) return undefined
  const size = 1n << BigInt(address.bits - prefix)
  const first = address.value / size * size
  return { first, last: first + size - 1n, bits: address.bits }
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text)
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return { value: joinParts(parts.map(BigInt), 8n), bits: 32 }
}

function parseV6(text: string): Address | undefined {
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const parts = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!parts.every((part) => /^[\da-f]{1,4}$/i.test(part))) return undefined
  return { value: joinParts(parts.map((part) => BigInt(`0x${part}`)), 16n), bits: 128 }
}

function joinParts(parts: bigint[], width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) + part, 0n)
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
}
