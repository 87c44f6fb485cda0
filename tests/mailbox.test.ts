import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../dev/mailbox/emulator.ts'
import { createClock } from './support/clock.ts'
import { serve, type Served } from './support/serve.ts'

const KEY = 're_ForTestsOnly'
const EMAIL = {
  from: 'Shop <shop@example.com>',
  to: ['ada@example.com'],
  subject: 'Hello <b>Ada</b>',
  html:
    '<!doctype html><html><head><style>@media (prefers-color-scheme:dark){p{color:red}}</style></head><body><p>Hello</p><script>alert(1)</script></body></html>',
  text: 'Hello\n\nhttps://shop.example.com/a?b=1&c=2\n',
  headers: { 'Message-ID': '<a@b>' },
  tags: [{ name: 'template', value: 'account_exists' }],
}

const clock = createClock()
let server: Served
let mailbox: Mailbox

beforeAll(() => {
  server = serve()
})

beforeEach(() => {
  mailbox = createMailbox({ apiKey: KEY, now: clock.now })
  server.handler = (request) => mailbox.fetch(request)
})

afterAll(() => server.stop())

async function send(
  email: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}/emails`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(email),
  })
  return { status: response.status, body: await response.json() }
}

async function page(path: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(server.url + path)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

test('a mail is taken, kept as it came, and answered with its id', async () => {
  const { status, body } = await send(EMAIL)
  expect(status).toBe(200)
  expect(body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(mailbox.mails).toEqual([
    { ...EMAIL, ...body, tags: { template: 'account_exists' }, at: expect.any(String) },
  ])
})

test('a key takes a mail once in a day; another mail under it is refused, and a day later it counts anew', async () => {
  const key = { 'idempotency-key': 'mal_1' }
  const first = await send(EMAIL, key)
  expect(await send(EMAIL, key)).toEqual(first)
  const other = await send({ ...EMAIL, subject: 'Other' }, key)
  expect(other).toMatchObject({ status: 409, body: { name: 'invalid_idempotent_request' } })
  clock.advance(25 * 3_600_000)
  expect((await send({ ...EMAIL, subject: 'Other' }, key)).status).toBe(200)
  expect(mailbox.mails).toHaveLength(2)
})

test.each([
  [{ authorization: '' }, 401, 'missing_api_key'],
  [{ authorization: 'Bearer re_other' }, 403, 'invalid_api_key'],
  [{ 'idempotency-key': 'x'.repeat(257) }, 400, 'invalid_idempotency_key'],
])('a request with %j is refused with %i %s', async (headers, statusCode, name) => {
  expect(await send(EMAIL, headers))
    .toEqual({ status: statusCode, body: { statusCode, name, message: expect.any(String) } })
  expect(mailbox.mails).toEqual([])
})

test.each([
  [{ from: undefined }, 'missing_required_field'],
  [{ to: undefined }, 'missing_required_field'],
  [{ from: 'Shop <shop>' }, 'invalid_from_address'],
  [{ to: ['ada'] }, 'validation_error'],
  [{ to: [] }, 'validation_error'],
  [{ to: ['ada@example.com\r\nBcc: eve@example.com'] }, 'validation_error'],
  [{ subject: 'a\nb' }, 'validation_error'],
  [{ headers: { 'X-A': 'a\r\nb' } }, 'validation_error'],
  [{ headers: { 'X A': 'a' } }, 'validation_error'],
  [{ tags: [{ name: 'a b', value: 'c' }] }, 'validation_error'],
])('a mail with %j is refused: %s', async (changes, name) => {
  expect(await send({ ...EMAIL, ...changes })).toMatchObject({ status: 422, body: { name } })
  expect(mailbox.mails).toEqual([])
})

test('snapshot() brings the mails and their keys over a restart', async () => {
  const key = { 'idempotency-key': 'mal_1' }
  const { body } = await send(EMAIL, key)
  const state = JSON.parse(JSON.stringify(mailbox.snapshot()))
  mailbox = createMailbox({ apiKey: KEY, now: clock.now, state })
  expect((await send(EMAIL, key)).body).toEqual(body)
  expect(mailbox.mails).toHaveLength(1)
})

test('the pages list mails newest first and show each as HTML, text and headers', async () => {
  expect((await page('/')).text).toContain('No mails yet')
  await send(EMAIL)
  await send({ ...EMAIL, subject: 'Second' })
  const list = await page('/')
  expect(list.text.indexOf('Second')).toBeLessThan(list.text.indexOf('Hello &lt;b&gt;Ada'))
  const { id } = mailbox.mails[0] ?? {}
  const shown = (query: string) => page(`/mails/${id}${query}`).then(({ text }) => text)
  expect(await shown('')).toContain('Hello &lt;b&gt;Ada&lt;/b&gt;')
  expect(await shown('')).toMatch(/<iframe\s+sandbox="allow-popups allow-popups-to-escape-sandbox"/)
  expect(await shown('?width=phone')).toContain('width:360px')
  expect(await shown('?part=text')).toContain('href="https://shop.example.com/a?b=1&amp;c=2"')
  expect(await shown('?part=headers')).toContain('&lt;a@b&gt;')
  expect((await page('/newest')).text).toBe(mailbox.mails[1]?.id)
  expect((await page('/mails/none')).status).toBe(404)
})

test('a mail in its frame runs no script, opens its links outside, and is lit by the switch', async () => {
  await send(EMAIL)
  const { id } = mailbox.mails[0] ?? {}
  const day = await page(`/mails/${id}/html`)
  const night = await page(`/mails/${id}/html?scheme=dark`)
  const policy = day.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain('; sandbox allow-popups')
  expect(policy).not.toContain('allow-scripts')
  expect(day.text).toContain('<head><base target="_blank">')
  expect(day.text).toContain('@media not all{')
  expect(night.text).toContain('@media all{')
})

test('no page of the mailbox takes anything from elsewhere', async () => {
  await send(EMAIL)
  for (const path of ['/', `/mails/${mailbox.mails[0]?.id}`]) {
    const { text, headers } = await page(path)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).not.toMatch(/(src|srcset)="https?:|<link|@import|url\(/)
  }
})
