/** What somebody answered, whatever it was. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The text as JSON; undefined when it is none. */
  json: unknown
}

/** No answer came, or none that could be read to its end; the message says why. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** A third of what the whole examination may take. */
const TIMEOUT_MS = 5000

/** The largest page that is read: a script of ours is a tenth of it. */
const LIMIT_BYTES = 4 * 1024 * 1024

/** Asks once, follows no redirect, and throws NoAnswer when nothing comes within TIMEOUT_MS. */
export async function ask(
  fetch: typeof globalThis.fetch,
  url: string,
  init: RequestInit = {},
): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    const text = await readText(response)
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  } catch (error) {
    if (error instanceof NoAnswer) throw error
    throw new NoAnswer(reasonOf(error))
  }
}

/** An answer that is not what it should be, in a few words. */
export function describeAnswer(answer: Answer): string {
  const location = answer.headers.get('location')
  if (location) return `${answer.status}, a redirect to ${originOf(location)}`
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'no content type'
  return `${answer.status} with ${type}`
}

/** Whether the answer sends one elsewhere. */
export function isRedirect({ status }: Answer): boolean {
  return status >= 300 && status < 400
}

/** Where an address leads, without what may be secret in it. */
export function originOf(url: string): string {
  const { origin, pathname } = URL.parse(url) ?? {}
  return origin ? `${origin}${pathname}` : url.split('?')[0] ?? ''
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > LIMIT_BYTES) throw new NoAnswer(`the answer is larger than ${LIMIT_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${cause}`
}
