import { clientAddress, isInRange } from './addresses.ts'
import { forbidden, PanelFailure, refused } from './failure.ts'
import { cleanInput, isMap } from './input.ts'
import type { Key, User } from './model.ts'
import type { Caller, PanelApp } from './panel.ts'
import { readFields } from './php_fields.ts'
import { timestamp } from './panel.ts'
import { same } from './text.ts'

/** Who calls and with what input; what every API of the panel looks at first, in its order. */
export async function identify(
  panel: PanelApp,
  request: Request,
  { twoFactor = true } = {},
): Promise<{ caller: Caller; body: unknown }> {
  const caller = authenticate(panel, request)
  const body = await readInput(request)
  if (twoFactor) requireTwoFactor(panel, caller.owner)
  requireAddress(caller.key, request)
  caller.key.lastUsedAt = timestamp(panel)
  return { caller, body }
}

/** All 48 characters; the first 16 find the key and are compared as the collation does. */
const IDENTIFIER_LENGTH = 16

function authenticate({ store, faults }: PanelApp, request: Request): Caller {
  const token = /Bearer ([^,]*)/.exec(request.headers.get('Authorization') ?? '')?.[1] ?? ''
  const call = { method: request.method, path: new URL(request.url).pathname }
  const revoked = faults.strike('key', { service: 'panel', call }) !== undefined
  const key = revoked
    ? undefined
    : store.keys.rows.find((key) =>
      same(key.token.slice(0, IDENTIFIER_LENGTH), token.slice(0, IDENTIFIER_LENGTH)) &&
      key.token.slice(IDENTIFIER_LENGTH) === token.slice(IDENTIFIER_LENGTH)
    )
  const owner = key && store.users.find(key.ownerId)
  if (!owner) throw new PanelFailure(401, 'AuthenticationException', 'Unauthenticated.')
  return { key, owner }
}

/** The query counts as input too; the body wins over it. Every text is trimmed, and null when empty. */
async function readInput(request: Request): Promise<unknown> {
  const query = readFields(new URL(request.url).searchParams)
  const body = await readBody(request)
  return cleanInput(isMap(body) ? { ...query, ...body } : query)
}

async function readBody(request: Request): Promise<unknown> {
  const type = request.headers.get('Content-Type') ?? ''
  if (type.startsWith('multipart/')) throw new Error('Cannot read a multipart body: send JSON')
  const text = await request.text()
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return readFields(new URLSearchParams(text))
  }
  if (!/[/+]json/.test(type) || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw refused(
      'The JSON data passed in the request appears to be malformed: Syntax error',
      'BadRequestHttpException',
    )
  }
}

function requireTwoFactor({ settings }: PanelApp, owner: User): void {
  const { requireTwoFactor: from } = settings
  if (owner.twoFactor || from === 'nobody' || (from === 'admins' && !owner.rootAdmin)) return
  throw refused(
    'Two-factor authentication is required on this account in order to access this endpoint.',
    'TwoFactorAuthRequiredException',
  )
}

function requireAddress(key: Key, request: Request): void {
  if (key.allowedIps.length === 0) return
  const address = clientAddress(request)
  if (key.allowedIps.some((range) => isInRange(address, range))) return
  throw forbidden(
    `This IP address (${address}) does not have permission to access the API using these ` +
      'credentials.',
  )
}
