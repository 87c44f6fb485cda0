/** A browser's manners without a browser: keeps cookies, says where it comes from. */
export interface Client {
  get(path: string, headers?: HeadersInit): Promise<Answer>
  post(path: string, body?: unknown, headers?: HeadersInit): Promise<Answer>
  send(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Answer>
  cookies: Map<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  // deno-lint-ignore no-explicit-any -- a test reads what it expects, and fails if it is not there
  body: any
}

export function createClient(url: string): Client {
  const cookies = new Map<string, string>()

  async function send(method: string, path: string, body?: unknown, extra: HeadersInit = {}) {
    const headers = new Headers(extra)
    if (cookies.size) {
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    }
    if (method !== 'GET') {
      if (!headers.has('content-type')) headers.set('content-type', 'application/json')
      if (!headers.has('origin')) headers.set('origin', url)
    }
    const response = await fetch(url + path, {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
    })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text ? JSON.parse(text) : text,
    }
  }

  return {
    cookies,
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body = {}, headers) => send('POST', path, body, headers),
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
  if (value === '' || /max-age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}
