import type { Finding } from '../../api/doctor/check.ts'
import { examine } from '../../api/doctor/doctor.ts'
import type { Patient } from '../../api/doctor/exam.ts'
import { openPatient } from '../../api/doctor/patient.ts'
import { recordRestore } from '../../api/doctor/restore.ts'
import { runSweeps } from '../../api/jobs/sweep.ts'
import { parseDatabaseUrl } from '../../api/mysql.ts'
import { buildStorefront } from '../../dev/build/storefront.ts'
import { startDatabase } from '../../dev/database.ts'
import { commandEnvironment } from './environment.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './shop.ts'

/** A healthy shop with a delivered order, to be broken and examined. */
export interface Clinic {
  shop: Shop
  orderId: string
  serverId: string
  shopId: string
  /** What `deno task doctor` is told. */
  environment: Record<string, string>
  /** The same database, as one who may do anything to the server. */
  adminUrl: string
  /** What `deno task doctor` finds, with some variables or parts of the surroundings changed. */
  examine(
    environment?: Record<string, string>,
    surroundings?: Partial<Patient>,
    options?: { offline?: boolean },
  ): Promise<Finding[]>
  /** Time passes, and the shop does what is due. */
  later(ms: number): Promise<void>
  stop(): Promise<void>
}

/** Long enough for Stripe to have tried again what it could not deliver. */
const SETTLED_MS = 15 * 60_000

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
  const { orderId, serverId } = await deliver(shop)
  const later = async (ms: number) => {
    shop.clock.advance(ms)
    await shop.drain()
    await runSweeps(shop.db, shop.deps)
    await shop.drain()
  }
  await later(SETTLED_MS)
  await recordRestore(shop.db)
  const environment = await environmentOf(shop, database.url)
  const [setting] = await shop.db.query<{ value: string }>(
    "SELECT value FROM shop_settings WHERE name = 'shop_id'",
  )
  return {
    shop,
    orderId,
    serverId,
    shopId: setting?.value ?? '',
    environment,
    adminUrl: `${database.url}/${parseDatabaseUrl(environment.DATABASE_URL ?? '').database}`,
    later,
    async examine(changes = {}, surroundings = {}, options = {}) {
      const { clock } = shop
      const patient = openPatient({ ...environment, ...changes }, {
        now: clock.now,
        clockOffsetMs: clock.offsetMs,
      })
      try {
        const all = { ...patient, fetch: inTime(shop), ...surroundings }
        return await examine(all, options)
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

/** The HTTP servers of the emulators tell the time of this machine; here it is the shop's. */
export function inTime({ clock }: Shop): typeof fetch {
  return async (...args) => {
    const response = await fetch(...args)
    const headers = new Headers(response.headers)
    headers.set('date', clock.now().toUTCString())
    const { status, body } = response
    return new Response(body, { status, headers })
  }
}

async function deliver(shop: Shop) {
  const { orderId } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  const active = async () =>
    (await shop.db.query<{ id: string }>("SELECT id FROM servers WHERE status = 'active'"))[0]?.id
  await shop.pass(20_000, async () => await active() !== undefined)
  return { orderId, serverId: await active() ?? 'none' }
}

/** A user that may do what a shop's may, and no more. */
async function environmentOf(shop: Shop, server: string): Promise<Record<string, string>> {
  const [row] = await shop.db.query<{ name: string }>('SELECT DATABASE() AS name')
  const name = row?.name ?? ''
  await shop.db.run(`CREATE USER shop@'127.0.0.1' IDENTIFIED BY '${DATABASE_PASSWORD}'`)
  await shop.db.run(`GRANT ALL ON ${name}.* TO shop@'127.0.0.1'`)
  const { port } = parseDatabaseUrl(server)
  const url = `mysql://shop:${DATABASE_PASSWORD}@127.0.0.1:${port}/${name}`
  return commandEnvironment(shop.deps.config, url)
}

export const DATABASE_PASSWORD = 'canary-database-0123456789'
