import { Hono } from 'hono'
import type { AppEnv } from './deps.ts'
import { Problem } from './problem.ts'
import { SCHEMA_VERSION } from './schema_version.ts'

/**
 * `/healthz`: the process answers. `/readyz`: the database takes writes and has our schema. Stripe
 * and the panel are not asked: their outage must not take the shop down.
 */
export function healthRoutes() {
  return new Hono<AppEnv>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const [schema] = await c.var.db.query<{ name: string }>(
        'SELECT name FROM schema_migrations WHERE name = ?',
        [SCHEMA_VERSION],
      )
      if (!schema) {
        throw new Problem('unavailable', { detail: 'The database lacks migrations: run migrate.' })
      }
      await c.var.db.run(
        `INSERT INTO shop_settings (name, value) VALUES ('heartbeat', {now})
          ON DUPLICATE KEY UPDATE value = VALUES(value)`,
      )
      return c.json({ status: 'ready', schema: SCHEMA_VERSION })
    })
}
