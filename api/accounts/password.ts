import { createHash, createHmac, scrypt, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { Problem } from '../problem.ts'

export interface Passwords {
  /** The text to store for a new password. Throws 503 `unavailable` when too many wait already. */
  hash(password: string): Promise<string>
  /**
   * Holds a password against the stored text. Without one (no such user) it works as long and says
   * no. `stale` asks for a new hash: the stored one was made with weaker parameters.
   */
  check(password: string, stored: string | undefined): Promise<{ matches: boolean; stale: boolean }>
}

/**
 * Passwords as scrypt (RFC 7914) and then HMAC-SHA256 under a key that is not in the database, in
 * the PHC string format. One factory a process: it also keeps the hashes at once within bounds.
 */
export function createPasswords(options: {
  /** AUTH_SECRET: with another one no stored password matches any more. */
  secret: string
  randomBytes: (count: number) => Uint8Array
  cost?: PasswordCost
}): Passwords {
  const { cost: usual = COST } = options
  const takeTurn = createTurns()
  const pepperId = createHash('sha256').update(`pepper-id|${options.secret}`).digest('hex')
    .slice(0, 8)

  async function digest(
    password: string,
    salt: Uint8Array,
    cost: PasswordCost,
  ): Promise<Uint8Array> {
    const derived = await takeTurn(() => derive(password, salt, cost))
    return createHmac('sha256', options.secret).update('password|').update(derived).digest()
  }

  return {
    async hash(password) {
      const salt = options.randomBytes(16)
      return format({ ...usual, pepperId, salt, digest: await digest(password, salt, usual) })
    },

    async check(password, stored) {
      const parsed = stored === undefined ? undefined : parse(stored)
      const { salt, digest: want, ...cost } = parsed ?? { ...NOBODY, ...usual }
      const matches = timingSafeEqual(await digest(password, salt, cost), want)
      return {
        matches: matches && parsed !== undefined,
        stale: cost.ln < usual.ln || cost.r < usual.r || cost.p < usual.p,
      }
    },
  }
}

/** A password to set: 8 to 256 bytes, any characters, not one of the first that are tried. */
export function newPassword() {
  return z.string('Choose a password')
    .refine((value) => byteLength(value) >= 8, 'Use at least 8 characters')
    .refine((value) => byteLength(value) <= 256, 'Use at most 256 bytes')
    .refine(
      (value) => !COMMON.has(value.toLowerCase()),
      'This password is among the first that attackers try: choose another',
    )
}

/** A password to log in with: whatever was set once, so only its size is held against it. */
export function givenPassword() {
  return z.string('Enter your password')
    .min(1, 'Enter your password')
    .refine((value) => byteLength(value) <= 256, 'Use at most 256 bytes')
}

/** What a hash costs, as scrypt (RFC 7914) counts it. */
export interface PasswordCost {
  /** log2 of scrypt's N */
  ln: number
  r: number
  p: number
}

interface StoredPassword extends PasswordCost {
  /** tells under which secret it was made, without telling the secret */
  pepperId: string
  salt: Uint8Array
  digest: Uint8Array
}

/** OWASP's scrypt row that fits Workers: 16 MiB and N·r·p below the runtime's bound of 2^20. */
const COST: PasswordCost = { ln: 14, r: 8, p: 5 }

/** 128·N·r is 64 MiB at the largest parameters that we take from a stored text. */
const MAX_MEMORY = 96 * 2 ** 20

/** Two 16 MiB hashes at once leave the other requests of a 128 MiB isolate their room. */
const AT_ONCE = 2

/** Twenty waiting are two seconds of work; whoever comes later is better told to come back. */
const QUEUE = 20

/** What an unknown user's password is held against, at the usual cost. */
const NOBODY = { pepperId: '', salt: new Uint8Array(16), digest: new Uint8Array(32) }

/** The most used passwords of public leaks that have eight characters or more. */
const COMMON = new Set([
  '12345678',
  '123456789',
  '1234567890',
  '11111111',
  '00000000',
  '87654321',
  '123123123',
  '1q2w3e4r',
  '1q2w3e4r5t',
  '1qaz2wsx',
  'qwertyui',
  'qwertyuiop',
  'qwerty123',
  'password',
  'password1',
  'password123',
  'passw0rd',
  'p@ssw0rd',
  'iloveyou',
  'sunshine',
  'princess',
  'football',
  'baseball',
  'superman',
  'trustno1',
  'welcome1',
  'admin123',
  'abcd1234',
  'abc12345',
  'minecraft',
  'letmein1',
  'changeme',
])

/** Lets AT_ONCE pieces of work run and QUEUE more wait, in order. */
function createTurns() {
  let running = 0
  const waiting: (() => void)[] = []

  return async function takeTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) {
      if (waiting.length >= QUEUE) throw tooBusy()
      // Whoever ends hands its turn over, so that nobody can slip in between.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

function tooBusy(): Problem {
  return new Problem('unavailable', {
    detail: 'Too many people are logging in right now. Try again in a few seconds.',
    retryAfter: 5,
  })
}

function derive(
  password: string,
  salt: Uint8Array,
  { ln, r, p }: PasswordCost,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N: 2 ** ln, r, p, maxmem: MAX_MEMORY }, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

function format({ ln, r, p, pepperId, salt, digest }: StoredPassword): string {
  return `$scrypt$ln=${ln},r=${r},p=${p},keyid=${pepperId}$${toBase64(salt)}$${toBase64(digest)}`
}

const STORED =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2}),keyid=([0-9a-f]{8})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

/** Undefined for a text that is not ours or whose parameters would cost more than we ever spend. */
function parse(stored: string): StoredPassword | undefined {
  const match = STORED.exec(stored)
  if (!match) return undefined
  const [, ln, r, p, pepperId = '', salt = '', digest = ''] = match
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const affordable = cost.ln >= 1 && cost.ln <= 16 && cost.r === 8 && cost.p >= 1 && cost.p <= 10 &&
    2 ** cost.ln * cost.r * cost.p <= 2 ** 20
  if (!affordable) return undefined
  return { ...cost, pepperId, salt: fromBase64(salt), digest: fromBase64(digest) }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Base64 without padding, as the PHC string format has it. */
function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('=', '')
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
