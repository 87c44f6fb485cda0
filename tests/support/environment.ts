import type { Config } from '../../api/config.ts'

export const WEBHOOK_SECRET = 'whsec_Zm9yVGVzdHNPbmx5MTIzNDU2Nzg5MA'
export const STRIPE_KEY = 'sk_test_51ForTestsOnlyAbCdEfGhIj'
export const PANEL_KEY = 'ptla_ForTestsOnlyAbCdEfGhIjKlMnOpQrStUvWxYz12345'

export const MAIL_KEY = 're_ForTestsOnly_AbCdEfGhIjKlMnOp'
/** The environment by which a command works on a running test shop. */
export function commandEnvironment(config: Config, databaseUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: config.PUBLIC_URL,
    STRIPE_API_URL: config.STRIPE_API_URL,
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    PANEL_URL: config.PANEL_URL,
    PANEL_API_KEY: PANEL_KEY,
    JWT_PRIVATE_KEY: JSON.stringify(config.JWT_PRIVATE_KEY),
    AUTH_SECRET: config.AUTH_SECRET,
    MAIL_FROM,
    MAIL_API_KEY: MAIL_KEY,
    MAIL_API_URL: config.MAIL_API_URL ?? '',
    ALERT_EMAIL: 'ops@spawnpoint.test',
  }
}

export const MAIL_FROM = 'shop@spawnpoint.test'

/** Where the shop and its services are; without `mailUrl` its mails wait. */
export interface TestUrls {
  publicUrl: string
  stripeUrl: string
  panelUrl: string
  mailUrl?: string
}

/** An environment that production would accept, with keys made for this run. */
export async function testEnvironment(urls: TestUrls): Promise<Record<string, string>> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('Cannot test without a key pair')
  const { kty, crv, x, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return {
    PUBLIC_URL: urls.publicUrl,
    STRIPE_API_URL: urls.stripeUrl,
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    PANEL_URL: urls.panelUrl,
    PANEL_API_KEY: PANEL_KEY,
    JWT_PRIVATE_KEY: JSON.stringify({ kty, crv, x, d }),
    AUTH_SECRET: 'q8Jd2mPz7Lw4Xr9Tn3Vb6Ys1Kc5Hg0Fa',
    ...(urls.mailUrl ? { MAIL_FROM, MAIL_API_KEY: MAIL_KEY, MAIL_API_URL: urls.mailUrl } : {}),
  }
}
