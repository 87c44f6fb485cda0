import { Hono } from 'hono'
import type { Queryable } from './db.ts'
import { errnoOf } from './db_errors.ts'
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
      if (!await hasSchema(c.var.db)) {
        throw new Problem('unavailable', { detail: 'The database lacks migrations: run migrate.' })
      }
      await c.var.db.run(
        `INSERT INTO shop_settings (name, value) VALUES ('heartbeat', {now})
          ON DUPLICATE KEY UPDATE value = VALUES(value)`,
      )
      return c.json({ status: 'ready', schema: SCHEMA_VERSION })
    })
}

async function hasSchema(db: Queryable): Promise<boolean> {
  try {
    const sql = 'SELECT name FROM schema_migrations WHERE name = ?'
    return (await db.query(sql, [SCHEMA_VERSION])).length === 1
  } catch (error) {
    // No such table: nothing was ever migrated.
    if (errnoOf(error) === 1146) return false
    throw error
  }
}
