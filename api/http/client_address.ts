export interface ForwardedOptions {
  /** The address of the socket: the only part a client cannot make up. */
  peer: string
  /** The X-Forwarded-For header, if there was one. */
  forwardedFor?: string
  /** TRUSTED_PROXIES: addresses (`10.0.0.7`) or ranges (`10.0.0.0/8`, `fd00::/8`) of our own proxies. */
  trustedProxies: readonly string[]
}

/**
 * Where a request came from. Without trusted proxies that is the socket's address and headers say
 * nothing; behind them it is the right-most address that no proxy of ours has.
 */
export function clientAddressOf({ peer, forwardedFor, trustedProxies }: ForwardedOptions): string {
  const ranges = trustedProxies.map(parseRange)
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim()).filter(Boolean)
  let address = peer
  while (hops.length > 0 && isTrusted(address, ranges)) address = hops.pop() ?? peer
  return address
}

/**
 * What counts as one client: an IPv4 address, also when it is written as IPv6 (`::ffff:1.2.3.4`),
 * or the /64 of an IPv6 address, which is what one household or one server gets. Undefined for
 * what is not an address.
 */
export function addressBlock(text: string): string | undefined {
  const address = parseAddress(text)
  if (!address) return undefined
  if (address.width === 32) return `v4:${address.bits.toString(16)}`
  return `v6:${(address.bits >> 64n).toString(16)}`
}

/** Whether TRUSTED_PROXIES may name it: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`. */
export function isAddressRange(text: string): boolean {
  try {
    parseRange(text)
    return true
  } catch {
    return false
  }
}

interface Address {
  bits: bigint
  width: 32 | 128
}

interface Range extends Address {
  prefix: number
}

function isTrusted(text: string, ranges: readonly Range[]): boolean {
  const address = parseAddress(text)
  return address !== undefined && ranges.some((range) => contains(range, address))
}

function contains(range: Range, address: Address): boolean {
  const shift = BigInt(range.width - range.prefix)
  return range.width === address.width && range.bits >> shift === address.bits >> shift
}

/** Throws a TypeError naming the entry that is neither an address nor a range. */
function parseRange(text: string): Range {
  const [host = '', length] = text.split('/')
  const address = parseAddress(host)
  const prefix = length === undefined ? address?.width : Number(length)
  if (!address || prefix === undefined || !(prefix >= 0 && prefix <= address.width)) {
    throw new TypeError(`Cannot trust a proxy as it is not an address or a range: ${text}`)
  }
  return { ...address, prefix }
}

function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (bare.includes(':')) return parseIpv6(bare)
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(bare)
  const bytes = match?.slice(1).map(Number) ?? []
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return undefined
  return { bits: bytes.reduce((bits, byte) => bits << 8n | BigInt(byte), 0n), width: 32 }
}

/** The URL parser knows every spelling of an IPv6 address and writes it in one. */
function parseIpv6(text: string): Address | undefined {
  const host = URL.parse(`http://[${text}]`)?.hostname.slice(1, -1)
  if (!host) return undefined
  const [head = '', tail] = host.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const bits = [...left, ...zeros, ...right]
    .reduce((sum, group) => sum << 16n | BigInt(`0x${group}`), 0n)
  const isMapped = bits >> 32n === 0xffffn
  return isMapped ? { bits: bits & 0xffff_ffffn, width: 32 } : { bits, width: 128 }
}
