import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { limitBody } from '../api/http/body_limit.ts'
import { clientAddressOf } from '../api/http/client_address.ts'
import { sameOriginWrites } from '../api/http/same_origin.ts'
import { limitTime } from '../api/http/time_limit.ts'
import { type ProblemBody, problemResponse } from '../api/problem.ts'

const OURS = 'https://shop.test'
const BODY_MS = 400

let server: Deno.HttpServer<Deno.NetAddr>
let url: string
/** Requests that got past all guards. */
let reached: string[] = []

beforeAll(() => {
  server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, createGuarded().fetch)
  url = `http://127.0.0.1:${server.addr.port}`
})

beforeEach(() => {
  reached = []
})

afterAll(() => server.shutdown())

const strangers: [string, Record<string, string>][] = [
  ['cross-site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
  ['cross-site that names our origin', { 'sec-fetch-site': 'cross-site', origin: OURS }],
  ['same-site', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.test' }],
  ['an address typed by hand', { 'sec-fetch-site': 'none' }],
  ['a strange origin', { origin: 'https://evil.test' }],
  ['our host over http', { origin: 'http://shop.test' }],
  ['our host on another port', { origin: 'https://shop.test:8443' }],
  ['an origin that begins like ours', { origin: 'https://shop.test.evil.test' }],
  ['origin null', { origin: 'null' }],
  ['no origin at all', {}],
]

const contentTypes = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  undefined,
]

const methods = ['POST', 'PUT', 'PATCH', 'DELETE']

test.each(strangers)('sameOriginWrites() refuses %s', async (_, headers) => {
  for (const method of methods) {
    for (const type of contentTypes) {
      const response = await send(method, { ...headers, ...(type ? { 'content-type': type } : {}) })
      expect([method, type, response.status]).toEqual([method, type, 403])
      expect((await problemOf(response)).type).toBe('/problems/cross-site')
    }
  }
  expect(reached).toEqual([])
})

const friends: [string, Record<string, string>][] = [
  ['same-origin', { 'sec-fetch-site': 'same-origin' }],
  ['our origin where Sec-Fetch-Site is missing', { origin: OURS }],
  ['a bearer token from anywhere', { authorization: 'Bearer x', origin: 'https://evil.test' }],
]

test.each(friends)('sameOriginWrites() lets JSON through from %s', async (_, headers) => {
  for (const type of ['application/json', 'application/JSON; charset=utf-8']) {
    expect((await send('POST', { ...headers, 'content-type': type })).status).toBe(200)
  }
  expect(reached).toHaveLength(2)
})

test.each(friends)('sameOriginWrites() takes only JSON from %s', async (_, headers) => {
  const wrong = [...contentTypes.slice(1), 'application/jsonx', 'text/plain; application/json', '']
  for (const type of wrong) {
    const response = await send('POST', { ...headers, ...(type ? { 'content-type': type } : {}) })
    expect([type, response.status]).toEqual([type, 415])
    await response.body?.cancel()
  }
  expect(reached).toEqual([])
})

test('sameOriginWrites() lets everybody read', async () => {
  const response = await fetch(url, { headers: { 'sec-fetch-site': 'cross-site' } })
  expect(response.status).toBe(200)
})

test('limitBody() hands the body on as it came', async () => {
  const body = JSON.stringify({ text: 'ä'.repeat(400), nested: [[{}]] })
  expect(await (await sendBody(body)).text()).toBe(body)
  expect(await (await sendBody('not json')).text()).toBe('not json')
  const parts = ['first ', 'second ', 'third'].map((part) => new TextEncoder().encode(part))
  expect(await (await sendBody(slowly(parts))).text()).toBe('first second third')
})

test('limitBody() refuses what says it is too large before it arrives', async () => {
  const answer = await raw([
    'POST / HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.test\r\nContent-Type: application/json\r\n' +
    'Content-Length: 10000000\r\n\r\n{',
  ])
  expect(answer).toMatch(/^HTTP\/1.1 413 /)
})

test('limitBody() stops a chunked body of 10 MB', async () => {
  const before = Deno.memoryUsage().rss
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(16_384).fill(32))
      sent += 16_384
      if (sent >= 10_000_000) controller.close()
    },
  })
  const response = await sendBody(endless)
  expect(response.status).toBe(413)
  expect(Deno.memoryUsage().rss - before).toBeLessThan(20_000_000)
})

test('limitBody() counts bytes and does not believe Content-Length', async () => {
  const request = new Request(OURS, {
    method: 'POST',
    headers: { origin: OURS, 'content-type': 'application/json', 'content-length': '5' },
    body: ' '.repeat(100_000),
  })
  expect((await createGuarded().request(request)).status).toBe(413)
  expect(reached).toEqual([])
})

test('limitBody() gives up on a body that trickles in', async () => {
  const started = performance.now()
  const answer = await raw([
    'POST / HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.test\r\nContent-Type: application/json\r\n' +
    'Content-Length: 100\r\n\r\n',
    ...Array(20).fill('{'),
  ])
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  expect(performance.now() - started).toBeLessThan(BODY_MS + 1500)
})

test('limitBody() does not unpack a bomb', async () => {
  const bomb = gzipSync(new Uint8Array(5_000_000))
  const response = await fetch(url, {
    method: 'POST',
    headers: { origin: OURS, 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: bomb,
  })
  expect(response.status).toBe(413)
})

test('limitBody() refuses deep nesting and counts no brackets in text', async () => {
  for (const depth of [21, 400]) {
    const response = await sendBody('['.repeat(depth) + ']'.repeat(depth))
    expect(response.status).toBe(400)
    expect((await problemOf(response)).type).toBe('/problems/malformed-json')
  }
  expect((await sendBody('['.repeat(20) + ']'.repeat(20))).status).toBe(200)
  expect((await sendBody(JSON.stringify({ a: '[{'.repeat(50), b: '\\"[[['.repeat(50) }))).status)
    .toBe(200)
  expect((await sendBody(`[${'[],'.repeat(100)}[]]`)).status).toBe(200)
})

test('limitTime() answers for a handler that does not', async () => {
  const response = await fetch(`${url}/stuck`)
  expect(response.status).toBe(503)
  expect((await problemOf(response)).detail).toMatch(/Look whether it was done/)
})

const hops: [string, string | undefined, string[], string][] = [
  ['8.8.8.8', undefined, [], '8.8.8.8'],
  ['8.8.8.8', '1.1.1.1', [], '8.8.8.8'],
  ['8.8.8.8', '1.1.1.1', ['10.0.0.0/8'], '8.8.8.8'],
  ['10.0.0.7', '1.1.1.1', ['10.0.0.0/8'], '1.1.1.1'],
  ['10.0.0.7', 'fake, 1.1.1.1', ['10.0.0.7'], '1.1.1.1'],
  ['10.0.0.7', '9.9.9.9, 1.1.1.1, 10.0.0.8', ['10.0.0.0/8'], '1.1.1.1'],
  ['10.0.0.7', '10.0.0.9, 10.0.0.8', ['10.0.0.0/8'], '10.0.0.9'],
  ['10.0.0.7', '1.1.1.1', ['10.0.0.8'], '10.0.0.7'],
  ['::ffff:10.0.0.7', '1.1.1.1', ['10.0.0.0/8'], '1.1.1.1'],
  ['fd00::1', '2001:db8::9', ['fd00::/8'], '2001:db8::9'],
  ['10.0.0.7', undefined, ['10.0.0.0/8'], '10.0.0.7'],
]

test.each(hops)(
  'clientAddressOf() a socket of %s, forwarded for %s, trusting %j',
  (peer, forwardedFor, trustedProxies, address) => {
    expect(clientAddressOf({ peer, forwardedFor, trustedProxies })).toBe(address)
  },
)

test('clientAddressOf() says which trusted proxy it cannot read', () => {
  for (const wrong of ['proxy', '10.0.0.0/33', '10.0.0.256', '10.0.0.0/x', '::/129']) {
    expect(() => clientAddressOf({ peer: '10.0.0.7', trustedProxies: [wrong] })).toThrow(wrong)
  }
})

function createGuarded() {
  const app = new Hono()
  app.onError((error, c) => problemResponse(error, c, 'req_1', console.error))
  app.use(limitTime(1000), sameOriginWrites(OURS))
  app.use(limitBody({ maxBytes: 1024, maxMs: BODY_MS }))
  return app
    .get('/stuck', () => new Promise<Response>(() => {}))
    .all('/', async (c) => {
      reached.push(c.req.method)
      return c.body(await c.req.text())
    })
}

function send(method: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method, headers, body: new TextEncoder().encode('{}') })
}

function sendBody(body: string | ReadableStream<Uint8Array>): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { origin: OURS, 'content-type': 'application/json' },
    body,
  })
}

function slowly(parts: Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = [...parts]
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      const part = rest.shift()
      if (part) controller.enqueue(part)
      else controller.close()
    },
  })
}

/** Writes the parts 100 ms apart to a socket and gives what the server answers. */
function raw(parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const rest = [...parts]
    const timer = setInterval(() => {
      const part = rest.shift()
      if (part !== undefined && socket.writable) socket.write(part)
    }, 100)
    let answer = ''
    socket.on('error', reject)
    socket.on('data', (data) => {
      answer += data
      if (answer.includes('}')) socket.destroy()
    })
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}
