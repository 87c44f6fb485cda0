import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'

export interface BodyLimit {
  maxBytes: number
  /** How long the whole body may take to arrive. */
  maxMs: number
}

/** Enough for the largest form of ours several times over. */
export const API_BODY: BodyLimit = { maxBytes: 16 * 1024, maxMs: 10_000 }

/** Stripe's events are tens of kilobytes; their size is bounded by no promise. */
export const WEBHOOK_BODY: BodyLimit = { maxBytes: 512 * 1024, maxMs: 10_000 }

/**
 * Reads the body to its end, counting, before anything else looks at it: 413 `body-too-large` past
 * `maxBytes`, whatever Content-Length said; 408 `timeout` past `maxMs`; 400 `malformed-json` for
 * JSON nested so deep that only an attacker sends it. The handler reads it as usual.
 */
export function limitBody({ maxBytes, maxMs }: BodyLimit): MiddlewareHandler {
  return createMiddleware(async (c, next) => {
    const { body, headers, method, url } = c.req.raw
    if (!body) return await next()
    if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
    const bytes = await readAll(body, { maxBytes, maxMs })
    if (isDeeper(bytes, MAX_DEPTH)) {
      throw new Problem('malformed-json', { detail: `Nest no deeper than ${MAX_DEPTH} levels.` })
    }
    c.req.raw = new Request(url, { method, headers, body: bytes })
    await next()
  })
}

/** Stripe's deepest objects stay well below; ours have three levels. */
const MAX_DEPTH = 20

async function readAll(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { maxBytes, maxMs }: BodyLimit,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Problem('timeout')), maxMs)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return concat(chunks, length)
      length += value.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(value)
    }
  } catch (error) {
    // Not awaited: a client that sends nothing may also never let go.
    reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function concat(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

function tooLarge(maxBytes: number): Problem {
  return new Problem('body-too-large', { detail: `Send at most ${maxBytes} bytes.` })
}

/** Counts brackets outside strings, so that nothing has to be parsed to know. */
function isDeeper(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (inString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === BRACKET || byte === BRACE) {
      if (++depth > maxDepth) return true
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const BRACE = 0x7b
const CLOSE_BRACE = 0x7d
