import { describe, expect, test } from 'vitest'
import { decodeForm } from '../dev/stripe/form.ts'
import { createStandingClock } from './support/clock.ts'
import { client, failure, FORM, KEY, openSession, SECRET, start } from './support/stripe.ts'

const DAY_MS = 24 * 60 * 60 * 1000

describe('who may ask', () => {
  test('HTTP Basic with the key as its user is as good as Bearer', async () => {
    const { call } = start()
    const { status } = await call('/v1/customers', {
      headers: { Authorization: `Basic ${btoa(`${KEY}:`)}` },
    })
    expect(status).toBe(200)
  })

  test.each([
    ['', undefined, /^You did not provide an API key/],
    ['Bearer', undefined, /^You did not provide an API key/],
    ['Bearer sk_test_other', undefined, /^Invalid API Key provided: sk_test_\*{8}ther$/],
    ['Basic !!', undefined, /^You did not provide an API key/],
    [`Basic ${btoa('sk_test_other:')}`, undefined, /^Invalid API Key provided/],
    ['Bearer pk_test_abc', 'secret_key_required', /publishable API key/],
  ])('%j is refused', async (Authorization, code, message) => {
    const { call } = start()
    const { status, body, headers } = await call('/v1/customers', { headers: { Authorization } })
    expect(status).toBe(401)
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(message),
    })
    expect(body.error.code).toBe(code)
    expect(headers.get('WWW-Authenticate')).toBe('Basic realm="Stripe"')
    expect(headers.get('Request-Id')).toMatch(/^req_/)
  })

  test('no other account can be acted for', async () => {
    const { stripe } = start()
    const own = await stripe.accounts.retrieveCurrent()
    expect((await stripe.customers.list({}, { stripeAccount: own.id })).data).toEqual([])
    expect(await failure(stripe.customers.list({}, { stripeAccount: 'acct_other' })))
      .toMatchObject({ type: 'StripePermissionError', statusCode: 403, code: 'account_invalid' })
  })
})

describe('the limit of requests', () => {
  test('is for one second of the clock', async () => {
    const clock = createStandingClock(new Date('2026-11-25T10:00:00Z'))
    const { call } = start({ requestsPerSecond: 2, clock })
    expect((await call('/v1/customers')).status).toBe(200)
    expect((await call('/v1/customers')).status).toBe(200)
    const third = await call('/v1/customers')
    expect(third.status).toBe(429)
    expect(third.body.error).toMatchObject({ type: 'invalid_request_error', code: 'rate_limit' })
    expect(third.headers.get('Stripe-Rate-Limited-Reason')).toBe('global-rate')
    clock.advance(1000)
    expect((await call('/v1/customers')).status).toBe(200)
  })

  test('is what the SDK tells as its own error', async () => {
    const clock = createStandingClock(new Date('2026-11-25T10:00:00Z'))
    const { stripe } = start({ requestsPerSecond: 1, clock })
    await stripe.customers.list()
    expect(await failure(stripe.customers.list())).toMatchObject({
      type: 'StripeRateLimitError',
      statusCode: 429,
    })
  })

  test('does not use up an idempotency key', async () => {
    const clock = createStandingClock(new Date('2026-11-25T10:00:00Z'))
    const { stripe } = start({ requestsPerSecond: 1, clock })
    await stripe.customers.list()
    const create = () => stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k' })
    expect(await failure(create())).toMatchObject({ statusCode: 429 })
    clock.advance(1000)
    expect(await create()).toMatchObject({ name: 'Ada' })
  })
})

test('an object that another request holds is tried again by the SDK', async () => {
  const { emulator, url } = start()
  const locked = { name: 'status', status: 429, code: 'lock_timeout' } as const
  const order = () =>
    emulator.faults.order({
      on: { service: 'stripe', call: 'POST /v1/customers' },
      when: { first: 1 },
      fault: locked,
    })
  order()
  const stripe = client(url, KEY)
  expect(await failure(stripe.customers.create())).toMatchObject({
    type: 'StripeRateLimitError',
    code: 'lock_timeout',
    message: expect.stringContaining('another API request'),
  })
  order()
  expect(await stripe.customers.create({}, { maxNetworkRetries: 1 })).toMatchObject({ balance: 0 })
})

describe('an Idempotency-Key', () => {
  function post(key: string, body: string): RequestInit {
    return { method: 'POST', body, headers: { 'Idempotency-Key': key } }
  }

  test('answers the same again, and says so', async () => {
    const { call, emulator } = start()
    const first = await call('/v1/customers', post('k', 'name=Ada'))
    const second = await call('/v1/customers', post('k', 'name=Ada'))
    expect(second.body).toEqual(first.body)
    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    expect(second.headers.get('Idempotent-Replayed')).toBe('true')
    expect(second.headers.get('Original-Request')).toBe(first.headers.get('Request-Id'))
    expect(emulator.events).toHaveLength(1)
  })

  test('does not mind the order of the parameters', async () => {
    const { call, emulator } = start()
    const first = await call('/v1/customers', post('k', 'name=Ada&email=ada@example.com'))
    const second = await call('/v1/customers', post('k', 'email=ada@example.com&name=Ada'))
    expect(second.body).toEqual(first.body)
    expect(emulator.events).toHaveLength(1)
  })

  test('belongs to one request', async () => {
    const { call } = start()
    await call('/v1/customers', post('k', 'name=Ada'))
    const other = await call('/v1/customers', post('k', 'name=Bob'))
    expect(other).toMatchObject({
      status: 400,
      body: {
        error: { type: 'idempotency_error', message: expect.stringContaining('same parameters') },
      },
    })
    const elsewhere = await call('/v1/products', post('k', 'name=Ada'))
    expect(elsewhere).toMatchObject({
      status: 400,
      body: {
        error: {
          type: 'idempotency_error',
          message: expect.stringMatching(/same endpoint.*'\/v1\/customers'/),
        },
      },
    })
  })

  test('is forgotten after a day', async () => {
    const { call, clock } = start()
    await call('/v1/customers', post('k', 'name=Ada'))
    clock.advance(DAY_MS)
    expect((await call('/v1/customers', post('k', 'name=Bob'))).body.name).toBe('Bob')
  })

  test('keeps what was refused while it was done, but not what was never begun', async () => {
    const { call, stripe } = start()
    await stripe.coupons.create({ id: 'A', percent_off: 5 })
    const taken = post('begun', 'id=A&percent_off=5')
    expect((await call('/v1/coupons', taken)).body.error.code).toBe('resource_already_exists')
    await stripe.coupons.del('A')
    expect((await call('/v1/coupons', taken)).body.error.code).toBe('resource_already_exists')
    expect((await call('/v1/coupons', post('never', 'percent_off=no'))).status).toBe(400)
    expect((await call('/v1/coupons', post('never', 'percent_off=5'))).status).toBe(200)
  })

  test('keeps a failure of the server, too', async () => {
    let left = Infinity
    const lines: string[] = []
    const { call } = start({
      random: () => {
        if (left-- <= 0) throw new Error('The dice are gone')
        return Math.random()
      },
      log: (line) => lines.push(line),
    })
    // enough for the id of the request, not for that of the customer
    left = 20
    const failed = await call('/v1/customers', post('k', 'name=Ada'))
    expect(failed).toMatchObject({ status: 500, body: { error: { type: 'api_error' } } })
    expect(lines).toEqual([expect.stringContaining('The dice are gone')])
    left = Infinity
    expect(await call('/v1/customers', post('k', 'name=Ada'))).toMatchObject({
      status: 500,
      body: failed.body,
    })
    expect((await call('/v1/customers', post('other', 'name=Ada'))).status).toBe(200)
  })

  test('that is under way is refused', async () => {
    const { emulator, url } = start()
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const headers = { Authorization: `Bearer ${KEY}`, 'Idempotency-Key': 'k', ...FORM }
    const ask = (body: BodyInit) =>
      emulator.fetch(new Request(`${url}/v1/customers`, { method: 'POST', headers, body }))
    const first = ask(body.readable)
    const second = await ask('name=Ada')
    expect(second.status).toBe(409)
    expect(second.headers.get('Stripe-Should-Retry')).toBe('true')
    expect(await second.json()).toMatchObject({ error: { code: 'idempotency_key_in_use' } })
    const writer = body.writable.getWriter()
    await writer.write(new TextEncoder().encode('name=Ada'))
    await writer.close()
    const { id } = await (await first).json()
    const third = await ask('name=Ada')
    expect([third.status, (await third.json()).id]).toEqual([200, id])
  })

  test('has 1 to 255 characters', async () => {
    const { call } = start()
    expect((await call('/v1/customers', post('k'.repeat(256), ''))).status).toBe(400)
    expect((await call('/v1/customers', post('k'.repeat(255), ''))).status).toBe(200)
  })

  test('has no effect on reading and deleting', async () => {
    const { call, stripe } = start()
    const headers = { 'Idempotency-Key': 'k' }
    const { id } = await stripe.customers.create()
    expect((await call('/v1/customers', { headers })).body.data).toHaveLength(1)
    const deleted = await call(`/v1/customers/${id}`, { method: 'DELETE', headers })
    expect(deleted.body).toMatchObject({ deleted: true })
    expect((await call('/v1/customers', { headers })).body.data).toHaveLength(0)
  })
})

describe('a form', () => {
  test.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1&a=2', { a: '2' }],
    ['a=x+y%20z%2B', { a: 'x y z+' }],
    ['a[]=1&a[]=2', { a: { 0: '1', 1: '2' } }],
    ['a[1]=2&a[0]=1', { a: { 0: '1', 1: '2' } }],
    ['a[b][c]=1&a[b][d]=2', { a: { b: { c: '1', d: '2' } } }],
    ['a[][x]=1&a[][y]=2&a[][x]=3', { a: { 0: { x: '1', y: '2' }, 1: { x: '3' } } }],
    ['a%5Bb%5D=1', { a: { b: '1' } }],
    ['a=&b', { a: '', b: '' }],
    ['__proto__[x]=1', { ['__proto__']: { x: '1' } }],
  ])('%j is read as Stripe reads it', (text, fields) => {
    expect(JSON.parse(JSON.stringify(decodeForm(text)))).toEqual(
      JSON.parse(JSON.stringify(fields)),
    )
  })

  test.each(['a[=1', 'a]=1', '[a]=1', '=1', 'a[b]c=1', 'a=1&a[b]=2', 'a[b]=2&a=1'])(
    '%j is refused',
    async (body) => {
      const { call } = start()
      const answer = await call('/v1/customers', { method: 'POST', body })
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { type: 'invalid_request_error' } },
      })
    },
  )

  test('can be of several parts of the request', async () => {
    const { call } = start()
    const { body } = await call('/v1/customers?name=Ada', {
      method: 'POST',
      body: 'email=ada@example.com',
      headers: { 'Content-Type': `${FORM['Content-Type']}; charset=utf-8` },
    })
    expect(body).toMatchObject({ name: 'Ada', email: 'ada@example.com' })
  })
})

describe('what is not there', () => {
  test.each([
    ['GET', '/v1/dragons', /^Unrecognized request URL \(GET: \/v1\/dragons\)/],
    ['GET', '/v1/customers/', /^Unrecognized request URL/],
    ['DELETE', '/v1/customers', /^Unrecognized request URL/],
  ])('%s %s is told apart', async (method, path, message) => {
    const { call } = start()
    const { status, body } = await call(path, { method })
    expect([status, body.error]).toEqual([404, {
      type: 'invalid_request_error',
      message: expect.stringMatching(message),
    }])
  })
})

describe('pages', () => {
  test('are walked in one direction at a time', async () => {
    const { stripe } = start()
    const { id } = await stripe.customers.create()
    expect(await failure(stripe.customers.list({ starting_after: id, ending_before: id })))
      .toMatchObject({ statusCode: 400, param: 'starting_after' })
    expect(await stripe.customers.list({ starting_after: id }))
      .toMatchObject({ data: [], has_more: false })
    expect(await stripe.customers.list({ ending_before: id }))
      .toMatchObject({ data: [], has_more: false })
    expect(await failure(stripe.customers.list({ limit: 0 }))).toMatchObject({ param: 'limit' })
  })

  test('of a search say where the next begins, and how many there are where asked', async () => {
    const { stripe } = start()
    for (const name of ['Ada', 'Ada', 'Ada', 'Bob']) await stripe.customers.create({ name })
    const query = 'name:"ada"'
    const first = await stripe.customers.search({ query, limit: 2, expand: ['total_count'] })
    expect(first).toMatchObject({
      object: 'search_result',
      has_more: true,
      next_page: expect.any(String),
      total_count: 3,
      url: '/v1/customers/search',
    })
    const rest = await stripe.customers.search({ query, limit: 2, page: first.next_page ?? '' })
    expect(rest).toMatchObject({ has_more: false, next_page: null, data: [{ name: 'Ada' }] })
    expect(rest).not.toHaveProperty('total_count')
    expect(await failure(stripe.customers.search({ query: 'colour:"red"' })))
      .toMatchObject({ param: 'query' })
  })
})

describe('expand', () => {
  test('reaches four levels deep, and below data in a list', async () => {
    const { stripe, emulator } = start()
    const session = await openSession({ stripe })
    await emulator.pay(session.id)
    const { data } = await stripe.subscriptions.list({
      expand: ['data.latest_invoice.payments', 'data.customer.subscriptions'],
    })
    expect(data).toMatchObject([{
      customer: { subscriptions: { data: [{ object: 'subscription' }] } },
      latest_invoice: {
        payments: { data: [{ payment: { payment_intent: expect.stringMatching(/^pi_/) } }] },
      },
    }])
    const deepest = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['subscription.latest_invoice.customer.subscriptions'],
    })
    expect(deepest).toMatchObject({
      subscription: { latest_invoice: { customer: { subscriptions: { data: [{}] } } } },
    })
  })

  test.each([
    ['id', /^This property cannot be expanded \(id\)/],
    ['object', /cannot be expanded/],
    ['metadata', /cannot be expanded/],
    ['metadata.customer', /cannot be expanded/],
    ['dragon', /cannot be expanded/],
    ['data.customer', /cannot be expanded/],
    ['subscription.latest_invoice.customer.subscriptions.data', /more than 4 levels/],
  ])('%j is refused', async (path, message) => {
    const { stripe, emulator } = start()
    const customer = await stripe.customers.create()
    const session = await openSession({ stripe }, {
      customer: customer.id,
      metadata: { customer: customer.id },
    })
    await emulator.pay(session.id)
    expect(await failure(stripe.checkout.sessions.retrieve(session.id, { expand: [path] })))
      .toMatchObject({
        statusCode: 400,
        param: 'expand[0]',
        message: expect.stringMatching(message),
      })
  })

  test('that is refused keeps the rest from being done', async () => {
    const { stripe } = start()
    const create = (path: string) =>
      stripe.products.create({ name: 'Paper', expand: [path] }, { idempotencyKey: 'k' })
    expect(await failure(create('name'))).toMatchObject({ param: 'expand[0]' })
    expect((await stripe.products.list()).data).toEqual([])
    const made = await create('default_price')
    expect(await stripe.products.retrieve(made.id)).toEqual(made)
    expect(made).not.toHaveProperty('expand')
  })

  test('in a list names what is below data', async () => {
    const { stripe } = start()
    expect(await failure(stripe.customers.list({ expand: ['subscriptions'] })))
      .toMatchObject({ param: 'expand[0]' })
  })
})

test('answers and events begin with the id and the kind, and go on by the alphabet', async () => {
  const { stripe, call, emulator, received, hook } = start()
  emulator.addWebhookEndpoint({ url: hook, secret: SECRET })
  const { id } = await stripe.customers.create({ metadata: { zone: '1', area: '2' } })
  await emulator.idle()
  const { body } = await call('/v1/customers')
  expect(Object.keys(body)).toEqual(['object', 'data', 'has_more', 'url'])
  const event = JSON.parse(received[0]?.body ?? '')
  for (const customer of [body.data[0], event.data.object]) {
    const [first, second, ...others] = Object.keys(customer)
    expect([first, second, customer.id]).toEqual(['id', 'object', id])
    expect(others).toEqual(others.toSorted())
    expect(Object.keys(customer.metadata)).toEqual(['zone', 'area'])
  }
})

test('another key opens nothing', async () => {
  const { url } = start()
  expect(await failure(client(url, 'sk_test_wrong').customers.list()))
    .toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 })
})
