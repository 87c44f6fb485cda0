import { Hono } from 'hono'
import { forbidden, notFound, PanelFailure, refused } from '../failure.ts'
import { Input } from '../input.ts'
import type { Server, Subuser, User } from '../model.ts'
import { listOf } from '../objects.ts'
import { newToken, newUuid, type PanelApp, type PanelEnv, timestamp } from '../panel.ts'
import type { PanelStore } from '../store.ts'
import { same } from '../text.ts'
import { validate } from '../validation.ts'
import { tokenIdOf } from '../wings/token.ts'
import { allowServer } from './access.ts'
import { may, permissions } from './permissions.ts'
import { clientSubuserItem } from './transformers.ts'

/** Other users who may do something with a server. They are named by the uuid of the user. */
export const subusers = new Hono<PanelEnv>()
  .get('/servers/:server/users', allowServer({ permission: 'user.read' }), (c) => {
    const { store } = c.env
    const rows = store.subusersOf(c.var.server.id)
    return c.json(listOf(rows.map((row) => clientSubuserItem(store, row))))
  })
  .post('/servers/:server/users', allowServer({ permission: 'user.create' }), (c) => {
    const { server, caller, body } = c.var
    validate(body, { email: ['required|email|between:1,191'], ...permissionRules })
    const input = new Input(body)
    const granted = grantable(c.env.store, caller.owner, server, input)
    const subuser = addSubuser(c.env, server, { email: input.text('email') ?? '', granted })
    return c.json(clientSubuserItem(c.env.store, subuser))
  })
  .get('/servers/:server/users/:user', allowServer({ permission: 'user.read' }), (c) => {
    const subuser = findSubuser(c.env.store, c.var.server, c.req.param('user'))
    return c.json(clientSubuserItem(c.env.store, subuser))
  })
  .post('/servers/:server/users/:user', allowServer({ permission: 'user.update' }), (c) => {
    const { server, caller, body } = c.var
    const subuser = findSubuser(c.env.store, server, c.req.param('user'))
    requireOther(caller.owner, subuser)
    validate(body, permissionRules)
    subuser.permissions = grantable(c.env.store, caller.owner, server, new Input(body))
    denyTokens(c.env, server, subuser)
    return c.json(clientSubuserItem(c.env.store, subuser))
  })
  .delete('/servers/:server/users/:user', allowServer({ permission: 'user.delete' }), (c) => {
    const { server, caller } = c.var
    const subuser = findSubuser(c.env.store, server, c.req.param('user'))
    requireOther(caller.owner, subuser)
    c.env.store.subusers.remove(subuser)
    denyTokens(c.env, server, subuser)
    return c.body(null, 204)
  })

const permissionRules = { permissions: ['required|array'], 'permissions.*': ['string'] } as const

/** Nobody grants what they lack. Unknown names are dropped; to connect is always among them. */
function grantable(store: PanelStore, user: User, server: Server, input: Input): string[] {
  const asked = input.list('permissions').map(String)
  const known = permissions.filter((name) => name === 'websocket.connect' || asked.includes(name))
  if (known.some((name) => asked.includes(name) && !may(store, user, server, name))) {
    const detail = 'Cannot assign permissions to a subuser that your account does not actively ' +
      'possess.'
    throw new PanelFailure(403, 'HttpForbiddenException', detail)
  }
  return known
}

function addSubuser(
  panel: PanelApp,
  server: Server,
  { email, granted }: { email: string; granted: string[] },
): Subuser {
  const { store } = panel
  const user = store.users.rows.find((row) => same(row.email, email)) ?? addUser(panel, email)
  if (user.id === server.ownerId) {
    const detail = 'The server owner cannot be added as a subuser for this server.'
    throw refused(detail, 'UserIsServerOwnerException')
  }
  if (store.subusersOf(server.id).some((row) => row.userId === user.id)) {
    const detail =
      'A user with that email address is already assigned as a subuser for this server.'
    throw refused(detail, 'ServerSubuserExistsException')
  }
  return store.subusers.insert((id) => ({
    id,
    userId: user.id,
    serverId: server.id,
    permissions: granted,
    createdAt: timestamp(panel),
  }))
}

/** Who has no account yet gets one, named after the address. */
function addUser(panel: PanelApp, email: string): User {
  const at = timestamp(panel)
  const name = (email.split('@')[0] ?? '').replaceAll(/[^\w.-]/g, '').slice(0, 64)
  return panel.store.users.insert((id) => ({
    id,
    uuid: newUuid(panel),
    externalId: null,
    username: `${name}${newToken(panel, 3)}`.toLowerCase(),
    email,
    firstName: 'Server',
    lastName: 'Subuser',
    language: 'en',
    rootAdmin: false,
    createdAt: at,
    updatedAt: at,
  }))
}

function findSubuser(store: PanelStore, server: Server, uuid: string): Subuser {
  const found = store.subusersOf(server.id).find((row) =>
    same(store.users.get(row.userId).uuid, uuid)
  )
  if (!found) throw notFound()
  return found
}

function requireOther(user: User, subuser: Subuser): void {
  if (user.id !== subuser.userId) return
  throw forbidden('This action is unauthorized.')
}

/** Tokens that a subuser still holds would carry the old permissions. */
function denyTokens({ wings }: PanelApp, server: Server, subuser: Subuser): void {
  wings.deny(tokenIdOf(subuser.userId, server))
}
