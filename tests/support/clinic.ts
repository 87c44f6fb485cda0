import { buildStorefront } from '../../dev/build/storefront.ts'
import type { Finding } from '../../api/doctor/check.ts'
import { examine } from '../../api/doctor/doctor.ts'
import type { Patient } from '../../api/doctor/exam.ts'
import { openPatient } from '../../api/doctor/patient.ts'
import { recordRestore } from '../../api/doctor/restore.ts'
import { parseDatabaseUrl } from '../../api/mysql.ts'
import { startDatabase } from '../../dev/database.ts'
import { MAIL_FROM, MAIL_KEY, PANEL_KEY, STRIPE_KEY, WEBHOOK_SECRET } from './environment.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './shop.ts'

/** A healthy shop with a delivered order, to be broken and examined. */
export interface Clinic {
  shop: Shop
  orderId: string
  /** What `deno task doctor` finds, with some variables or parts of the surroundings changed. */
  examine(
    environment?: Record<string, string>,
    surroundings?: Partial<Patient>,
    options?: { offline?: boolean },
  ): Promise<Finding[]>
  /** As an administrator of the database server. */
  sql(statement: string): Promise<unknown>
  environment: Record<string, string>
  stop(): Promise<void>
}

/** The database server is one of its own, since some of what is broken is the server's. */
export async function startClinic(): Promise<Clinic> {
  const dir = await Deno.makeTempDir({ prefix: 'spawnpoint-clinic-' })
  const database = await startDatabase({ dir: `${dir}/db`, durable: true, log: () => {} })
  await buildStorefront({ outdir: `${dir}/site` })
  const shop = await startShop({
    databaseServer: database.url,
    storefront: `${dir}/site`,
    runJobs: false,
    installMs: 0,
  })
  const orderId = await deliver(shop)
  await recordRestore(shop.db)
  const environment = await environmentOf(shop, database.url)
  return {
    shop,
    orderId,
    environment,
    sql: (statement) => shop.db.run(statement),
    async examine(changes = {}, surroundings = {}, options = {}) {
      const { clock } = shop
      const patient = openPatient({ ...environment, ...changes }, {
        now: clock.now,
        clockOffsetMs: clock.offsetMs,
      })
      try {
        return await examine({ ...patient, ...surroundings }, options)
      } finally {
        await patient.close()
      }
    },
    async stop() {
      await shop.stop()
      await database.stop()
      await Deno.remove(dir, { recursive: true })
    },
  }
}

async function deliver(shop: Shop): Promise<string> {
  const { orderId } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(20_000, async () => {
    const [row] = await shop.db.query("SELECT id FROM orders WHERE status = 'provisioned'")
    return row !== undefined
  })
  return orderId
}

/** A user that may do what a shop's may, and no more. */
async function environmentOf(shop: Shop, server: string): Promise<Record<string, string>> {
  const [row] = await shop.db.query<{ name: string }>('SELECT DATABASE() AS name')
  const name = row?.name ?? ''
  await shop.db.run("CREATE USER shop@'127.0.0.1' IDENTIFIED BY 'canary-database-0123456789'")
  await shop.db.run(`GRANT ALL ON ${name}.* TO shop@'127.0.0.1'`)
  const { port } = parseDatabaseUrl(server)
  const { config } = shop.deps
  return {
    DATABASE_URL: `mysql://shop:canary-database-0123456789@127.0.0.1:${port}/${name}`,
    PUBLIC_URL: config.PUBLIC_URL,
    STRIPE_API_URL: config.STRIPE_API_URL,
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    PANEL_URL: config.PANEL_URL,
    PANEL_API_KEY: PANEL_KEY,
    JWT_PRIVATE_KEY: JSON.stringify(config.JWT_PRIVATE_KEY),
    AUTH_SECRET: config.AUTH_SECRET,
    MAIL_FROM,
    MAIL_API_KEY: MAIL_KEY,
    MAIL_API_URL: config.MAIL_API_URL ?? '',
  }
}
