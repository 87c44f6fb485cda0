import mysql from 'mysql2'
import { createFaults } from '../../dev/faults/faults.ts'
import { parseConfig } from '../../api/config.ts'
import type { Db, SqlValue } from '../../api/db.ts'
import { buildDeps } from '../../api/deps.ts'
import { createLog } from '../../api/log.ts'
import { openPool, parseDatabaseUrl } from '../../api/mysql.ts'
import { createPanelEmulator } from '../../dev/panel/emulator.ts'
import { createStripeEmulator } from '../../dev/stripe/emulator.ts'
import { migrate } from '../../migrations/migrate.ts'
import { PANEL_KEY, STRIPE_KEY, testEnvironment } from './environment.ts'
import { applyShipped, PANEL_OPTIONS, roomy } from './shipped.ts'
import { serveEmulator } from './serve.ts'

/**
 * What every test file would make anew: made once for the run, for that takes a second, and given to
 * them as text.
 */
export interface Template {
  /** The statements that make of an empty database what the migrations make of it. */
  schema: string[]
  /** The same, with the shipped catalogue applied. */
  sold: string[]
  /** The emulated Stripe with that catalogue, as JSON. */
  stripe: string
}

/** Makes it with the server's help; what it needs there it removes again. */
export async function makeTemplate(serverUrl: string): Promise<Template> {
  const name = `template_${crypto.randomUUID().replaceAll('-', '')}`
  const address = parseDatabaseUrl(serverUrl)
  const server = openPool(address, { connectionLimit: 1 })
  const pool = openPool({ ...address, database: name })
  try {
    await server.openDb().run(`CREATE DATABASE ${name}`)
    const db = pool.openDb()
    await migrate(db)
    const schema = await statementsOf(db)
    const stripe = await sell(pool.openDb)
    return { schema, sold: await statementsOf(db), stripe }
  } finally {
    await pool.end()
    await server.openDb().run(`DROP DATABASE IF EXISTS ${name}`)
    await server.end()
  }
}

/** Applies the shipped catalogue; gives the Stripe that has it, without what led there. */
async function sell(openDb: () => Db): Promise<string> {
  const now = () => new Date()
  const faults = createFaults({ now })
  const [stripeServer, panelServer] = [serveEmulator(), serveEmulator()]
  const urls = { stripeUrl: stripeServer.url, panelUrl: panelServer.url }
  const stripe = createStripeEmulator({
    url: urls.stripeUrl,
    secretKey: STRIPE_KEY,
    now,
    faults,
  })
  const panel = createPanelEmulator({
    ...PANEL_OPTIONS,
    url: urls.panelUrl,
    applicationKey: PANEL_KEY,
    now,
    faults,
  })
  roomy(panel)
  stripeServer.handler = stripe.fetch
  panelServer.handler = panel.fetch
  const environment = await testEnvironment({ publicUrl: 'http://127.0.0.1:1', ...urls })
  const deps = buildDeps(parseConfig(environment), {
    openDb,
    log: createLog(() => {}, now),
    clientAddress: () => '127.0.0.1',
    wake: () => {},
    now,
  })
  try {
    await applyShipped(openDb(), deps)
    return JSON.stringify({ ...stripe.store, events: [], replies: [], deliveries: [] })
  } finally {
    stripe.close()
    panel.close()
    await Promise.all([stripeServer, panelServer].map((one) => one.stop()))
  }
}

async function statementsOf(db: Db): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  const statements: string[] = []
  for (const { name } of tables) {
    const [made] = await db.query<{ 'Create Table': string }>(`SHOW CREATE TABLE ${name}`)
    statements.push(made?.['Create Table'] ?? '')
    const rows = await db.query<Record<string, SqlValue | object>>(`SELECT * FROM ${name}`)
    if (rows.length === 0) continue
    const values = rows.map((row) => Object.values(row).map(asText))
    statements.push(mysql.format(`INSERT INTO ${name} VALUES ?`, [values], false, 'Z'))
  }
  return statements
}

/** The driver reads JSON, and gives what is in it. */
function asText(value: SqlValue | object): Exclude<SqlValue, bigint> {
  if (typeof value === 'bigint') return String(value)
  const isPlain = typeof value !== 'object' || value === null || value instanceof Date ||
    value instanceof Uint8Array
  return isPlain ? value : JSON.stringify(value)
}
