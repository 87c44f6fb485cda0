import { Hono } from 'hono'
import { allowRow } from './access.ts'
import { listOf } from './objects.ts'
import type { PanelApp, PanelEnv } from './panel.ts'
import { idOf } from './text.ts'
import { exists, validate } from './validation.ts'

const server = allowRow('server_databases', findServer, { model: 'Server', param: 'server' })

/** This panel has no database host, and so none of its servers has a database. */
const database = allowRow('server_databases', () => undefined, {
  model: 'Database',
  param: 'database',
})

export const databases = new Hono<PanelEnv>()
  .get('/servers/:server/databases', server, (c) => c.json(listOf([])))
  .post('/servers/:server/databases', server, (c) => {
    validate(c.var.body, rules, labels)
    throw new Error('Cannot make a database as there is no host for it')
  })
  .get('/servers/:server/databases/:database', database)
  .post('/servers/:server/databases/:database/reset-password', database)
  .delete('/servers/:server/databases/:database', database)

const rules = {
  database: ['required|string|min:1|max:24'],
  remote: ['required|string|regex:/^[0-9%.]{1,15}$/'],
  host: ['required|integer', exists(() => false)],
} as const

const labels = {
  host: 'Database Host Server ID',
  remote: 'Remote Connection String',
  database: 'Database Name',
}

function findServer({ store }: PanelApp, param: (name: string) => string) {
  return store.servers.find(idOf(param('server')))
}
