import type { Config } from '../config.ts'

/** What must not be in a report, word for word. */
export function secretsOf(settings: Partial<Config>): string[] {
  const { JWT_PRIVATE_KEY: jwk, SMTP_URL: smtp, STRIPE_WEBHOOK_SECRETS: signing = [] } = settings
  const all = [
    settings.STRIPE_SECRET_KEY,
    ...signing,
    settings.PANEL_API_KEY,
    settings.AUTH_SECRET,
    settings.MAIL_API_KEY,
    jwk?.d,
    smtp?.login?.password,
  ]
  // One of a few letters would be found in every word.
  return all.filter((secret): secret is string => secret !== undefined && secret.length >= 8)
}
