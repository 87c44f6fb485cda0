import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { refused } from './failure.ts'
import { Input } from './input.ts'
import { pageOf } from './lists.ts'
import type { User } from './model.ts'
import { listOf, withIncludes } from './objects.ts'
import { newUuid, type PanelApp, type PanelEnv, timestamp } from './panel.ts'
import { same } from './text.ts'
import { serverItem, userItem } from './transformers.ts'
import { type RuleSet, unique, validate } from './validation.ts'

const user = allowRow('users', ({ store }, param) => store.users.find(Number(param('user'))))

const userByExternalId = allowRow(
  'users',
  ({ store }, param) => store.users.rows.find((row) => same(row.externalId, param('external'))),
)

export const users = new Hono<PanelEnv>()
  .get('/users', allow('users'), (c) =>
    c.json(pageOf(c, c.env.store.users.rows, {
      filters: {
        email: (row) => row.email,
        uuid: (row) => row.uuid,
        username: (row) => row.username,
        external_id: (row) => row.externalId,
      },
      sorts: { id: (row) => row.id, uuid: (row) => row.uuid },
      item: userItem,
    })))
  .get('/users/:user', user, (c) =>
    c.json(withIncludes(c, userItem(c.var.row), {
      servers: ['servers', () => listOf(serversOf(c.env, c.var.row))],
    })))
  .get('/users/external/:external', userByExternalId, (c) => c.json(userItem(c.var.row)))
  .post('/users', allow('users'), (c) => {
    validate(c.var.body, userRules(c.env), labels)
    const made = insertUser(c.env, new Input(c.var.body))
    const resource = `${c.env.url}/api/application/users/${made.id}`
    return c.json({ ...userItem(made), meta: { resource } }, 201)
  })
  .patch('/users/:user', user, (c) => {
    validate(c.var.body, userRules(c.env, c.var.row), labels)
    updateUser(c.env, c.var.row, new Input(c.var.body))
    return c.json(userItem(c.var.row))
  })
  .delete('/users/:user', user, (c) => {
    if (serversOf(c.env, c.var.row).length > 0) {
      throw refused(
        'Cannot delete a user with active servers attached to their account. Please delete their ' +
          'servers before continuing.',
      )
    }
    c.env.store.users.remove(c.var.row)
    return c.body(null, 204)
  })

const labels = { external_id: 'Third Party Identifier' }

function userRules({ store }: PanelApp, self?: User): RuleSet {
  const others = () => store.users.rows.filter((row) => row !== self)
  return {
    email: [
      'required|email|between:1,191',
      unique((value) => others().some((row) => same(row.email, value))),
    ],
    external_id: [
      'nullable|string|max:191',
      unique((value) => others().some((row) => same(row.externalId, value))),
    ],
    username: [
      'required|between:1,191',
      { rule: 'p_username', passes: isUsername },
      unique((value) => others().some((row) => same(row.username, value))),
    ],
    first_name: ['required|string|between:1,191'],
    last_name: ['required|string|between:1,191'],
    password: ['nullable|string'],
    language: ['string'],
    root_admin: ['boolean'],
  }
}

function isUsername(value: unknown): boolean {
  return /^[a-z0-9]([\w.-]+)[a-z0-9]$/.test(String(value).toLowerCase())
}

function insertUser(panel: PanelApp, input: Input): User {
  const at = timestamp(panel)
  return panel.store.users.insert((id) => ({
    id,
    uuid: newUuid(panel),
    externalId: input.text('external_id'),
    ...writtenFields(input),
    language: input.text('language') ?? 'en',
    rootAdmin: input.flag('root_admin', false),
    password: null,
    createdAt: at,
    updatedAt: at,
  }))
}

/** Every required field is written again; an omitted external id stays. */
function updateUser(panel: PanelApp, user: User, input: Input): void {
  Object.assign(user, writtenFields(input), { updatedAt: timestamp(panel) })
  if (input.has('external_id')) user.externalId = input.text('external_id')
  user.rootAdmin = input.flag('root_admin', user.rootAdmin)
}

function writtenFields(input: Input) {
  return {
    email: input.text('email') ?? '',
    username: (input.text('username') ?? '').toLowerCase(),
    firstName: input.text('first_name') ?? '',
    lastName: input.text('last_name') ?? '',
  }
}

function serversOf({ store }: PanelApp, user: User) {
  return store.servers.rows.filter((server) => server.ownerId === user.id)
    .map((server) => serverItem(store, server))
}
