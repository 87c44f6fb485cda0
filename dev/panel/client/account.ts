import { Hono } from 'hono'
import { isAddressRange } from '../addresses.ts'
import { notFound, PanelFailure, refused } from '../failure.ts'
import { Input } from '../input.ts'
import type { Key, User } from '../model.ts'
import { listOf } from '../objects.ts'
import { newToken, type PanelApp, type PanelEnv, timestamp } from '../panel.ts'
import { hashPassword, matchesPassword } from '../passwords.ts'
import { same } from '../text.ts'
import { unique, validate } from '../validation.ts'
import { allowUser } from './access.ts'
import { accountItem, keyItem } from './transformers.ts'

/** What a user does with the own account and its keys. */
export const account = new Hono<PanelEnv>()
  .get('/account', allowUser({ twoFactor: false }), (c) => c.json(accountItem(c.var.caller.owner)))
  .put('/account/email', allowUser(), (c) => {
    changeEmail(c.env, c.var.caller.owner, c.var.body)
    return c.body(null, 204)
  })
  .put('/account/password', allowUser(), (c) => {
    changePassword(c.env, c.var.caller.owner, c.var.body)
    return c.body(null, 204)
  })
  .get(
    '/account/api-keys',
    allowUser(),
    (c) => c.json(listOf(keysOf(c.env, c.var.caller.owner).map(keyItem))),
  )
  .post('/account/api-keys', allowUser(), (c) => {
    const key = createKey(c.env, c.var.caller.owner, c.var.body)
    return c.json({ ...keyItem(key), meta: { secret_token: key.token.slice(16) } })
  })
  .delete('/account/api-keys/:identifier', allowUser(), (c) => {
    const key = keysOf(c.env, c.var.caller.owner)
      .find(({ token }) => same(token.slice(0, 16), c.req.param('identifier')))
    if (!key) throw notFound()
    c.env.store.keys.remove(key)
    return c.body(null, 204)
  })

const KEYS_PER_USER = 25

/** The password is asked before the fields are looked at. */
function changeEmail(panel: PanelApp, user: User, body: unknown): void {
  const input = new Input(body)
  requirePassword(user, input.text('password'))
  const others = panel.store.users.rows.filter((row) => row !== user)
  validate(body, {
    email: [
      'required|email|between:1,191',
      unique((value) => others.some((row) => same(row.email, value))),
    ],
  })
  user.email = input.text('email') ?? ''
  user.updatedAt = timestamp(panel)
}

function changePassword(panel: PanelApp, user: User, body: unknown): void {
  const input = new Input(body)
  requirePassword(user, input.text('current_password'))
  validate(body, {
    password: ['required|string|min:8', {
      rule: 'confirmed',
      passes: (value) => value === input.value('password_confirmation'),
    }],
  })
  user.password = hashPassword(input.text('password') ?? '', user.uuid)
  user.updatedAt = timestamp(panel)
}

function requirePassword(user: User, given: string | null): void {
  if (given !== null && matchesPassword(user, given)) return
  const detail = 'The password provided was invalid for this account.'
  throw refused(detail, 'InvalidPasswordProvidedException')
}

/** A user's account keys; those of the application API are made in the admin area and not shown. */
function keysOf({ store }: PanelApp, user: User): Key[] {
  return store.keys.rows.filter((key) => key.ownerId === user.id && key.permissions === null)
}

function createKey(panel: PanelApp, user: User, body: unknown): Key {
  validate(body, {
    description: ['required|string|max:500'],
    allowed_ips: ['nullable|array|max:50'],
    'allowed_ips.*': ['string'],
  })
  const input = new Input(body)
  const allowedIps = input.list('allowed_ips').map(String)
  requireRanges(allowedIps)
  if (keysOf(panel, user).length >= KEYS_PER_USER) {
    throw refused('You have reached the account limit for number of API keys.')
  }
  return panel.store.keys.insert((id) => ({
    id,
    token: `ptlc_${newToken(panel, 11)}${newToken(panel, 32)}`,
    ownerId: user.id,
    permissions: null,
    description: input.text('description') ?? '',
    allowedIps,
    lastUsedAt: null,
    createdAt: timestamp(panel),
  }))
}

function requireRanges(ips: string[]): void {
  const issues = ips.flatMap((ip, index) => {
    if (isAddressRange(ip)) return []
    const detail = `"${ip}" is not a valid IP address or CIDR range.`
    return [{ detail, meta: { source_field: `allowed_ips.${index}`, rule: '' } }]
  })
  if (issues.length > 0) throw new PanelFailure(422, 'ValidationException', issues)
}
