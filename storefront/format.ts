const LOCALE = 'en'
/** The day before the month and 24 hours, which no reader of English takes for something else. */
const DATE_LOCALE = 'en-GB'

/** Currencies whose smallest unit at Stripe is not a hundredth. Source: Stripe, "Supported currencies". */
const zeroDecimal = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const threeDecimal = 'bhd jod kwd omr tnd'.split(' ')

/** `unitAmount` in Stripe's minor units as money in words, e.g. (1250, 'eur') → "€12.50". */
export function formatMoney(unitAmount: number, currency: string): string {
  const code = currency.toLowerCase()
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency: code.toUpperCase() })
  return format.format(unitAmount / 10 ** decimalsOf(code))
}

/** 1536 → "1.5 GB". Sizes on the panel count 1024 MiB to a GB, as hosts and games do. */
export function formatMib(mib: number): string {
  return mib < 1024 ? `${mib} MB` : `${formatNumber(mib / 1024)} GB`
}

/** The panel's CPU limit, where 100 is one whole core: 250 → "2.5 cores". */
export function formatCpu(percent: number): string {
  return percent === 100 ? '1 core' : `${formatNumber(percent / 100)} cores`
}

/** "23 Nov 2026, 18:04" in the reader's time zone. */
export function formatDateTime(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "23 November 2026" in the reader's time zone. */
export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, { dateStyle: 'long' }).format(new Date(iso))
}

/** "18:04:07" in the reader's time zone. */
export function formatTime(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "18:04" in the reader's time zone. */
export function formatClock(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "Frankfurt, Berlin and Oslo". */
export function formatList(names: string[]): string {
  return new Intl.ListFormat(LOCALE, { type: 'conjunction' }).format(names)
}

/** "DE" → "Germany"; what is no country code is shown as it is. */
export function countryName(country: string): string {
  if (!/^[a-z]{2}$/i.test(country)) return country
  const names = new Intl.DisplayNames(LOCALE, { type: 'region', fallback: 'code' })
  return names.of(country.toUpperCase()) ?? country
}

function decimalsOf(code: string): number {
  if (zeroDecimal.includes(code)) return 0
  return threeDecimal.includes(code) ? 3 : 2
}

function formatNumber(value: number): string {
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 }).format(value)
}
