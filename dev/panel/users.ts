import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { refused } from './failure.ts'
import { pageOf } from './lists.ts'
import type { PanelEnv } from './panel.ts'
import { idOf, same } from './text.ts'
import { createUser, deleteUser, updateUser } from './user_changes.ts'
import { userView } from './views.ts'

const user = allowRow(
  'users',
  ({ store }, param) => store.users.find(idOf(param('user'))),
  { model: 'User', param: 'user' },
)

const userByExternalId = allowRow(
  'users',
  ({ store }, param) => store.users.rows.find((row) => same(row.externalId, param('external'))),
  { model: 'User' },
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
      item: (row) => userView(c, row),
    })))
  .get('/users/:user', user, (c) => c.json(userView(c, c.var.row)))
  .get('/users/external/:external', userByExternalId, (c) => c.json(userView(c, c.var.row)))
  .post('/users', allow('users'), async (c) => {
    const made = await createUser(c.env, c.var.body)
    const resource = `${c.env.url}/api/application/users/${made.id}`
    return c.json({ ...userView(c, made), meta: { resource } }, 201)
  })
  .patch('/users/:user', user, (c) => {
    updateUser(c.env, c.var.row, c.var.body)
    return c.json(userView(c, c.var.row))
  })
  .delete('/users/:user', user, (c) => {
    if (c.env.store.servers.rows.some((server) => server.ownerId === c.var.row.id)) {
      throw refused(
        'Cannot delete a user with active servers attached to their account. Please delete their ' +
          'servers before continuing.',
      )
    }
    deleteUser(c.env, c.var.row)
    return c.body(null, 204)
  })
