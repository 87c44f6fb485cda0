import { createMiddleware } from 'hono/factory'
import { ParameterFailure, StripeFailure } from './errors.ts'
import type { StripeEnv } from './sandbox.ts'
import type { Reply } from './store.ts'

/**
 * Answers a repeated `Idempotency-Key` of a POST with what the first request was answered, see
 * https://docs.stripe.com/api/idempotent_requests. What the parameter check refused is not kept.
 */
export function idempotency() {
  const inFlight = new Set<string>()
  return createMiddleware<StripeEnv>(async (c, next) => {
    const key = c.req.header('Idempotency-Key')
    if (c.req.method !== 'POST' || key === undefined) return await next()
    checkKey(key, inFlight)
    inFlight.add(key)
    try {
      const { store, now, request } = c.var.sandbox
      const asked = { path: c.req.path, params: inAnyOrder(await c.req.text()) }
      const kept = store.replies.find(key)
      if (kept) return replay(kept, asked)
      await next()
      c.header('Idempotency-Key', key)
      c.header('Original-Request', request?.id ?? '')
      if (c.error instanceof ParameterFailure) return
      store.replies.insert({
        id: key,
        request: `${asked.path}?${asked.params}`,
        requestId: request?.id ?? '',
        created: now(),
        status: c.res.status,
        body: await c.res.clone().text(),
      })
    } finally {
      inFlight.delete(key)
    }
  })
}

/** Two requests are the same whatever the order of their parameters. */
function inAnyOrder(body: string): string {
  const params = new URLSearchParams(body)
  params.sort()
  return params.toString()
}

function checkKey(key: string, inFlight: Set<string>) {
  if (key === '' || key.length > 255) {
    throw new ParameterFailure('Idempotency keys must be 1 to 255 characters long.')
  }
  if (!inFlight.has(key)) return
  throw new StripeFailure(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: 'There is currently another in-progress request using this Idempotent Key (that ' +
      'probably means you submitted twice, and the other request is still going through): ' +
      `${key}. Please try again later.`,
  }, { 'Stripe-Should-Retry': 'true' })
}

function replay(reply: Reply, asked: { path: string; params: string }): Response {
  const [path] = reply.request.split('?')
  if (path !== asked.path) {
    throw new StripeFailure(400, {
      type: 'idempotency_error',
      message: 'Keys for idempotent requests can only be used for the same endpoint they were ' +
        `first used for ('${path}'). Try using a key other than '${reply.id}' if you meant to ` +
        'execute a different request.',
    })
  }
  if (reply.request !== `${asked.path}?${asked.params}`) {
    throw new StripeFailure(400, {
      type: 'idempotency_error',
      message: 'Keys for idempotent requests can only be used with the same parameters they were ' +
        `first used with. Try using a key other than '${reply.id}' if you meant to execute a ` +
        'different request.',
    })
  }
  return new Response(reply.body, {
    status: reply.status,
    headers: {
      'Content-Type': 'application/json',
      'Idempotency-Key': reply.id,
      'Idempotent-Replayed': 'true',
      'Original-Request': reply.requestId,
    },
  })
}
