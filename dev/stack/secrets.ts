import { join } from 'node:path'
import * as z from 'zod'
import { StartError } from '../start_error.ts'

/** What the local stack needs to be secret, or at least to stay the same between runs. */
export type Secrets = z.output<typeof Secrets>

const Secrets = z.object({
  /** An Ed25519 private key as JWK, in JSON. */
  jwtPrivateKey: z.string(),
  authSecret: z.string(),
  stripeSecretKey: z.string(),
  stripeWebhookSecret: z.string(),
  panelApiKey: z.string(),
  /** Of both logins. */
  password: z.string(),
})

/** Reads the secrets of `dir`, or makes them up at the first start; only their owner may read them. */
export async function openSecrets(dir: string): Promise<Secrets> {
  const path = join(dir, 'secrets.json')
  const text = await Deno.readTextFile(path).catch(() => undefined)
  if (text !== undefined) return parseSecrets(text, path)
  const secrets = await makeSecrets()
  await Deno.writeTextFile(path, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}

function parseSecrets(text: string, path: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(text))
  } catch {
    throw new StartError(
      `${path} is damaged or from another version: start over with deno task dev --reset`,
    )
  }
}

async function makeSecrets(): Promise<Secrets> {
  const keys = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new Error('Cannot make a key pair')
  const { kty, crv, x, d } = await crypto.subtle.exportKey('jwk', keys.privateKey)
  return {
    jwtPrivateKey: JSON.stringify({ kty, crv, x, d }),
    authSecret: randomText(48),
    stripeSecretKey: `sk_test_${randomText(24)}`,
    stripeWebhookSecret: `whsec_${randomText(32)}`,
    panelApiKey: `ptla_${randomText(43)}`,
    password: `play-${randomText(8).toLowerCase()}`,
  }
}

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'

function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return Array.from(bytes, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
}
