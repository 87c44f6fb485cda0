import { expect, test } from 'vitest'
import { formatInstant, formatMoney } from '../api/mail/format.ts'
import { type MailFacts, type MailTemplate, writeMail } from '../api/mail/messages.ts'
import { SAMPLE_SHOP, SAMPLES, samples } from './support/mail_samples.ts'

const written = [...samples(writeMail)].map(({ name, template, written }) => ({
  name,
  template,
  ...written,
}))

test.each(written)(
  '$name says the same in text and HTML, and names the shop',
  ({ subject, text, html }) => {
    expect(subject).toMatch(/^Spawnpoint: .{5,60}$/)
    for (const line of text.split('\n').filter((line) => line.length > 20)) {
      for (const part of line.replace(/^(! | {4}|-- )/, '').split(/ {2,}/)) {
        expect(wordsOf(html).toLowerCase()).toContain(part.replace(/:$/, '').trim().toLowerCase())
      }
    }
    expect(text).toMatch(
      /\n-- \nYou get this mail because .*\nSpawnpoint · https:\/\/shop\.example\.com\n$/,
    )
  },
)

/** The words of a page, as a reader sees them. */
function wordsOf(html: string): string {
  return html.replace(/<style>.*?<\/style>/s, '').replace(/<div.*?<\/div>/s, '').replace(
    /<[^>]+>/g,
    ' ',
  )
    .replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
}

test.each(written)('$name fetches nothing and runs nothing', ({ html }) => {
  expect(html).not.toMatch(
    /<(img|script|link|iframe|form|object|video)\b|\bsrc=|url\(|@import|\bon\w+=/i,
  )
  const addresses = [...html.matchAll(/(?:href|action)="([^"]*)"/g)].map((match) => match[1])
  for (const address of addresses) expect(address).toMatch(/^https:\/\/shop\.example\.com(\/|$)/)
})

test.each(written)(
  '$name is good for phone, night and a reader of the screen',
  ({ html, subject }) => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain('<meta name="color-scheme" content="light dark">')
    expect(html).toContain('@media (prefers-color-scheme:dark)')
    expect(html).toContain(`<title>${subject}</title>`)
    const tables = html.match(/<table\b[^>]*>/g) ?? []
    expect(tables.filter((tag) => !tag.includes('role="presentation"'))).toEqual([])
    expect(new TextEncoder().encode(html).length).toBeLessThan(40_000)
  },
)

test.each(written)(
  '$name gives every button’s address as a link to copy, too',
  ({ html, text }) => {
    const links = [...html.matchAll(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g)]
    const buttons = links.filter(([, href, label]) => label !== href && label !== 'Spawnpoint')
    for (const [, href] of buttons) {
      expect(links.filter(([, other, label]) => other === href && label === href)).toHaveLength(1)
      expect(text).toContain(href)
    }
  },
)

const HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>&amp;'

test.each(Object.keys(SAMPLES) as MailTemplate[])(
  '%s shows hostile names as they are, and never as markup',
  (template) => {
    for (const facts of Object.values(SAMPLES[template])) {
      const hostile = JSON.parse(
        JSON.stringify(facts),
        (name, value) => typeof value === 'string' && !FORMAL.has(name) ? value + HOSTILE : value,
      )
      const shop = { ...SAMPLE_SHOP, name: `Shop${HOSTILE}` }
      const { html, text, subject } = writeMail(template, hostile, shop)
      expect(html).not.toMatch(/<script|<img|onerror=alert\(2\)>|"'>/)
      expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(html).toContain('&quot;&#39;&gt;&lt;img')
      expect(html).toContain('&amp;amp;')
      expect(text).toContain(HOSTILE)
      expect(subject).toContain(HOSTILE)
    }
  },
)

const FORMAL = new Set(['problem', 'reason', 'term', 'currency', 'refundAt', 'at', 'tokenId'])

function write<T extends MailTemplate>(template: T, changes: Partial<MailFacts[T]> = {}) {
  const [facts] = Object.values(SAMPLES[template])
  return writeMail(template, { ...facts, ...changes } as MailFacts[T], SAMPLE_SHOP)
}

test('order_received says what was bought and paid, and when the money goes back', () => {
  const { text } = write('order_received')
  expect(text).toMatch(/^Plan +Paper 4 GB$/m)
  expect(text).toMatch(/^Paid +€12\.50$/m)
  expect(text).toMatch(/^Renews +every month, until you cancel$/m)
  expect(text).toContain('by Wednesday 25 November 2026, 18:04 UTC, your whole payment goes back')
})

test('server_ready gives the address and the way into the panel, and never a password', () => {
  const { text } = write('server_ready')
  expect(text).toContain('\n    frankfurt-1.example.com:25565\n')
  expect(text).toContain('https://panel.example.com')
  expect(text).toContain('sp-01kaw3v5h7r8e2m4n6p9q0s1t3')
  expect(text).toContain('https://shop.example.com/servers/srv_')
  expect(text).toContain('Set the password on your server’s page')
  const unverified = write('server_ready', { emailVerified: false }).text
  expect(unverified).toContain('Confirm your e-mail address first')
})

test('order_problem promises a date only where there is one', () => {
  expect(write('order_problem', { problem: 'room' }).text).toContain('18:04 UTC')
  expect(write('order_problem', { problem: 'needs_review', refundAt: null }).text)
    .not.toMatch(/UTC|goes back/)
})

test('order_refunded names the sum, or no sum where nothing was paid', () => {
  expect(write('order_refunded').text).toContain('The whole €12.50 goes back')
  expect(write('order_refunded', { amount: 0 }).text).not.toMatch(/goes back the way|€/)
})

test('a link carries its token in the fragment, and says when it ends', () => {
  for (
    const [template, page] of [['verify_email', 'verify'], ['reset_password', 'reset'], [
      'confirm_new_email',
      'verify',
    ]] as const
  ) {
    const { text } = write(template)
    expect(text).toContain(`https://shop.example.com/${page}#${SAMPLE_SHOP.tokenOf('')}`)
    expect(text).toContain('The link works once, until Wednesday 25 November 2026, 18:04 UTC.')
  }
})

test.each([
  [1250, 'eur', '€12.50'],
  [1250, 'EUR', '€12.50'],
  [1250, 'jpy', '¥1,250'],
  [1250, 'kwd', 'KWD 1.250'],
  [5, 'usd', '$0.05'],
  [120_000, 'isk', 'ISK 1,200'],
  [0, 'gbp', '£0.00'],
])('formatMoney() reads %i %s as %s', (amount, currency, words) => {
  expect(formatMoney(amount, currency)).toBe(words)
})

test('formatInstant() names the time zone', () => {
  expect(formatInstant('2026-01-01T00:05:59.999Z')).toBe('Thursday 1 January 2026, 00:05 UTC')
})
