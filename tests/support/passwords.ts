import { createHash, createHmac, scryptSync } from 'node:crypto'

/** What api/accounts/password.ts would have stored for this password at another cost. */
export function storedPassword(
  password: string,
  { secret, ln, r, p }: { secret: string; ln: number; r: number; p: number },
): string {
  const options = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** 20 }
  const derived = scryptSync(password, new Uint8Array(16), 32, options)
  const digest = createHmac('sha256', secret).update('password|').update(derived).digest('base64')
  const keyId = createHash('sha256').update(`pepper-id|${secret}`).digest('hex').slice(0, 8)
  return `$scrypt$ln=${ln},r=${r},p=${p},keyid=${keyId}$${'A'.repeat(22)}$${digest.slice(0, 43)}`
}
