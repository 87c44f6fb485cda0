import { calculateJwkThumbprint, type CryptoKey, errors, importJWK, jwtVerify, SignJWT } from 'jose'
import type { SignedIn } from '../deps.ts'

/** How long an access token is good for; a revoked session can still read for this long. */
export const ACCESS_TOKEN_SECONDS = 600

export interface AccessTokens {
  /** A signed access token (JWT, `typ: at+jwt`) for this session, good for ACCESS_TOKEN_SECONDS. */
  sign(session: SignedIn): Promise<string>
  /** Whom the token speaks for; undefined for anything but a token of ours that is valid now. */
  verify(token: string): Promise<SignedIn | undefined>
  /** The id of the key that signs; every token shows it. */
  kid(): Promise<string>
}

export interface AccessTokenOptions {
  privateJwk: PublicJwk & { d: string }
  /** Keys that signed until the last rotation: verified, never signed with. */
  previousJwks?: readonly PublicJwk[]
  /** PUBLIC_URL: a token of another installation is refused by its issuer. */
  issuer: string
  now: () => Date
  randomBytes: (count: number) => Uint8Array
}

/**
 * Access tokens signed with Ed25519 (RFC 8037, RFC 9068). The key that verifies is chosen by `kid`
 * from the keys given here and from nowhere else; `jwk`, `jku` and `x5u` headers are not read.
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  let loaded: Keys | undefined
  let kid: string | undefined
  // The keys are kept, not the promise of them: on Workers a promise belongs to the request that
  // made it. Two first requests at once import twice, which does no harm.
  const load = async () => loaded ??= await importKeys(options)

  return {
    async sign(session) {
      const { signing } = await load()
      const issuedAt = Math.floor(options.now().getTime() / 1000)
      return await new SignJWT({ sid: session.sessionId, amr: ['pwd'] })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: signing.kid })
        .setIssuer(options.issuer)
        .setAudience(AUDIENCE)
        .setSubject(session.userId)
        .setJti(toHex(options.randomBytes(16)))
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
        .sign(signing.key)
    },

    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) return undefined
      const { verifying } = await load()
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => keyOf(verifying, kid), {
          algorithms: ['EdDSA'],
          typ: 'at+jwt',
          issuer: options.issuer,
          audience: AUDIENCE,
          requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
          maxTokenAge: ACCESS_TOKEN_SECONDS + 60,
          clockTolerance: 5,
          currentDate: options.now(),
        })
        return toSignedIn(payload.sub, payload.sid)
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },

    // Needs no key that works: the door of Stripe stands open without one.
    kid: async () => kid ??= await kidOf(options.privateJwk),
  }
}

export interface PublicJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
}

interface Keys {
  signing: { kid: string; key: CryptoKey }
  verifying: Map<string, CryptoKey>
}

const AUDIENCE = 'store'

/** Ours are some 400 characters; the rest is not worth decoding. */
const MAX_TOKEN_LENGTH = 2048

const KID = /^[a-z0-9-]{1,32}$/

async function importKeys(options: AccessTokenOptions): Promise<Keys> {
  const verifying = new Map<string, CryptoKey>()
  for (const { kty, crv, x } of [options.privateJwk, ...options.previousJwks ?? []]) {
    verifying.set(await kidOf({ kty, crv, x }), await importKey({ kty, crv, x }))
  }
  const signing = { kid: await kidOf(options.privateJwk), key: await importKey(options.privateJwk) }
  return { signing, verifying }
}

async function importKey(jwk: PublicJwk & { d?: string }): Promise<CryptoKey> {
  const { kty, crv, x, d } = jwk
  return await importJWK(d ? { kty, crv, x, d } : { kty, crv, x }, 'EdDSA')
}

/** The first 64 bits of the key's RFC 7638 thumbprint, as hex so that it is safe anywhere. */
export async function kidOf({ kty, crv, x }: PublicJwk): Promise<string> {
  const thumbprint = await calculateJwkThumbprint({ kty, crv, x }, 'sha256')
  const base64 = thumbprint.replaceAll('-', '+').replaceAll('_', '/')
  return toHex(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))).slice(0, 16)
}

/** Whether the public half of a key is that of its private one: else nobody can stay logged in. */
export async function doKeysMatch(jwk: PublicJwk & { d: string }): Promise<boolean> {
  const { kty, crv, x } = jwk
  try {
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA' }).sign(
      await importKey(jwk),
    )
    await jwtVerify(token, await importKey({ kty, crv, x }))
    return true
  } catch {
    return false
  }
}

function keyOf(keys: Map<string, CryptoKey>, kid: unknown): CryptoKey {
  const key = typeof kid === 'string' && KID.test(kid) ? keys.get(kid) : undefined
  if (!key) throw new errors.JWKSNoMatchingKey()
  return key
}

function toSignedIn(userId: unknown, sessionId: unknown): SignedIn | undefined {
  if (typeof userId !== 'string' || !/^usr_[0-9a-z]{26}$/.test(userId)) return undefined
  if (typeof sessionId !== 'string' || !/^ses_[0-9a-z]{26}$/.test(sessionId)) return undefined
  return { userId, sessionId }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
