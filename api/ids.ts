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
  alert: 'alr_',
  request: 'req_',
} as const

export type IdKind = keyof typeof prefixes

/** Crockford's alphabet in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Makes ids: prefix + 26 lower-case ULID characters (48 bits of milliseconds, 80 random bits), 30
 * characters in all. Ids of one table sort by age, also those that one process makes within a
 * millisecond: they count up, see https://github.com/ulid/spec#monotonicity
 */
export function createIdFactory(
  now: () => Date,
  randomBytes: (count: number) => Uint8Array,
): (kind: IdKind) => string {
  let last = { ms: 0, random: 0n }
  return (kind) => {
    const ms = now().getTime()
    const random = ms === last.ms ? (last.random + 1n) & RANDOM_BITS : toBits(randomBytes(10))
    last = { ms, random }
    return prefixes[kind] + timePart(ms) + randomPart(random)
  }
}

const RANDOM_BITS = (1n << 80n) - 1n

function timePart(ms: number): string {
  let rest = ms
  let text = ''
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function toBits(bytes: Uint8Array): bigint {
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n)
}

/** From the highest bits down, so that the text sorts as the number does. */
function randomPart(bits: bigint): string {
  return Array.from(
    { length: 16 },
    (_, index) => ALPHABET.charAt(Number((bits >> BigInt(75 - 5 * index)) & 31n)),
  ).join('')
}
