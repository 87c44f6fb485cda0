import type { Db } from '../../api/db.ts'
import { createPterodactyl } from '../../api/panel/pterodactyl.ts'
import { createStripe } from '../../api/payments/stripe.ts'
import type { CatalogueTarget } from '../../api/plans/apply.ts'
import { type Catalogue, parseCatalogue } from '../../api/plans/catalogue.ts'
import { shopId } from '../../api/plans/shop_id.ts'
import { createPanelEmulator, type PanelEmulator } from '../../dev/panel/emulator.ts'
import { createStripeEmulator, type StripeEmulator } from '../../dev/stripe/emulator.ts'
import { freshDatabase } from './database.ts'
import { PANEL_KEY, STRIPE_KEY, WEBHOOK_SECRET } from './environment.ts'
import { serveEmulator } from './serve.ts'
import { freeGate } from './gate.ts'

/** What the catalogue is applied to, without the rest of the shop: database, Stripe and panel. */
export interface CatalogueFixture {
  db: Db
  databaseUrl: string
  panel: PanelEmulator
  stripe: StripeEmulator
  urls: { publicUrl: string; stripeUrl: string; panelUrl: string }
  /** `POST /v1/prices` and the like: everything that asked Stripe for a change. */
  stripeWrites: string[]
  target: CatalogueTarget
  catalogue: Catalogue
  /** Back to the start: nothing applied, a stock panel, an empty Stripe account, the shipped file. */
  reset(): Promise<void>
  stop(): Promise<void>
}

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

export async function startCatalogueFixture(): Promise<CatalogueFixture> {
  const database = await freshDatabase()
  const [stripeServer, panelServer] = [serveEmulator(), serveEmulator()]
  const db = database.openDb()
  const emulators = { stripe: newStripe(stripeServer.url), panel: newPanel(panelServer.url) }
  const it: CatalogueFixture = {
    db,
    databaseUrl: database.url,
    panel: emulators.panel,
    stripe: emulators.stripe,
    urls: {
      publicUrl: 'http://shop.test',
      stripeUrl: stripeServer.url,
      panelUrl: panelServer.url,
    },
    stripeWrites: [],
    target: targetOf(db, stripeServer.url, panelServer.url, await shopId(db, randomBytes)),
    catalogue: await shippedCatalogue(),
    async reset() {
      for (const table of TABLES) await db.run(`DELETE FROM ${table}`)
      emulators.stripe.close()
      emulators.panel.close()
      it.stripe = emulators.stripe = newStripe(stripeServer.url)
      it.panel = emulators.panel = newPanel(panelServer.url)
      it.stripeWrites.length = 0
      it.catalogue = await shippedCatalogue()
      it.target.shopId = await shopId(db, randomBytes)
    },
    async stop() {
      emulators.stripe.close()
      emulators.panel.close()
      await Promise.all([stripeServer.stop(), panelServer.stop()])
      await database.drop()
    },
  }
  stripeServer.handler = (request) => {
    if (request.method !== 'GET') {
      it.stripeWrites.push(`${request.method} ${new URL(request.url).pathname}`)
    }
    return emulators.stripe.fetch(request)
  }
  panelServer.handler = (request) => emulators.panel.fetch(request)
  return it
}

const TABLES = [
  'shop_settings',
  'plans',
  'plan_prices',
  'games',
  'regions',
  'panel_eggs',
  'panel_nodes',
]

const now = () => new Date()

function newStripe(url: string) {
  return createStripeEmulator({ url, secretKey: STRIPE_KEY, now })
}

function newPanel(url: string): PanelEmulator {
  return createPanelEmulator({ url, applicationKey: PANEL_KEY, now, requestsPerMinute: 100_000 })
}

function targetOf(db: Db, stripeUrl: string, panelUrl: string, shopId: string): CatalogueTarget {
  return {
    db,
    shopId,
    panel: createPterodactyl({ url: panelUrl, apiKey: PANEL_KEY, gate: freeGate }),
    payments: createStripe({
      secretKey: STRIPE_KEY,
      webhookSecrets: [WEBHOOK_SECRET],
      apiUrl: stripeUrl,
      now,
    }),
  }
}

async function shippedCatalogue(): Promise<Catalogue> {
  return parseCatalogue(await Deno.readTextFile('catalog.json'))
}
