const prefixes = {
  user: 'usr_',
  session: 'ses_',
  order: 'ord_',
  orderEvent: 'oev_',
  server: 'srv_',
  serverEvent: 'sev_',
  payment: 'pay_',
  refund: 'rfd_',
  job: 'job_',
  lease: 'lea_',
  mail: 'mal_',
  mailToken: 'tok_',
  audit: 'aud_',
  request: 'req_',
} as const

export type IdKind = keyof typeof prefixes

/** Crockford's alphabet in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A new id: prefix + 26 lower-case ULID characters (48 bits of milliseconds, 80 random bits), so
 * that ids of one table sort by age. 30 characters in all.
 */
export function createIdFactory(
  now: () => Date,
  randomBytes: (count: number) => Uint8Array,
): (kind: IdKind) => string {
  return (kind) => prefixes[kind] + timePart(now().getTime()) + randomPart(randomBytes(10))
}

function timePart(ms: number): string {
  let rest = ms
  let text = ''
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function randomPart(bytes: Uint8Array): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < 16; i++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text
    bits >>= 5n
  }
  return text
}
