/** Currencies whose smallest unit at Stripe is not a hundredth. Source: Stripe, "Supported currencies". */
const ZERO_DECIMAL = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const THREE_DECIMAL = 'bhd jod kwd omr tnd'.split(' ')

/** `amount` in Stripe's minor units as money in words: (1250, 'eur') → "€12.50". */
export function formatMoney(amount: number, currency: string): string {
  const code = currency.toLowerCase()
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: code.toUpperCase() })
  // Between code and number a plain space: the other one makes mail programs show odd signs.
  return format.format(amount / 10 ** decimalsOf(code)).replaceAll('\u00a0', ' ')
}

function decimalsOf(code: string): number {
  if (ZERO_DECIMAL.includes(code)) return 0
  return THREE_DECIMAL.includes(code) ? 3 : 2
}

/** "Wednesday 25 November 2026, 18:04 UTC", for an instant as ISO 8601. */
export function formatInstant(iso: string): string {
  const at = new Date(iso)
  return `${DAY.format(at).replace(',', '')}, ${CLOCK.format(at)} UTC`
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
})
