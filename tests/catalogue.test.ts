import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { applyCatalogue, fetchFacts } from '../api/plans/apply.ts'
import { checkCatalogue, printDifferences, wouldChange } from '../api/plans/check.ts'
import { shopId } from '../api/plans/shop_id.ts'
import { snapshotPanel } from '../api/plans/snapshot.ts'
import { findPlanForSale, listPlans } from '../api/plans/store.ts'
import { type CatalogueFixture, randomBytes, startCatalogueFixture } from './support/catalogue.ts'
import { STRIPE_KEY } from './support/environment.ts'

let it: CatalogueFixture
beforeAll(async () => void (it = await startCatalogueFixture()))
beforeEach(() => it.reset())
afterAll(() => it.stop())

function apply(catalogue = it.catalogue) {
  return applyCatalogue(catalogue, it.target)
}

async function check(catalogue = it.catalogue) {
  return checkCatalogue(catalogue, await fetchFacts(catalogue, it.target))
}

/** Every row that selling depends on, without the time of the snapshot. */
async function rows() {
  const tables = ['plans', 'plan_prices', 'games', 'regions', 'panel_eggs', 'panel_nodes']
  const all = await Promise.all(
    tables.map((table) => it.db.query<object>(`SELECT * FROM ${table}`)),
  )
  return all.map((table) => table.map((row) => ({ ...row, seen_at: undefined })))
}

function plan(id: string, catalogue = it.catalogue) {
  const found = catalogue.plans.find((plan) => plan.id === id)
  if (!found) throw new Error(`no plan ${id} in the catalogue`)
  return found
}

async function refusedReason(id: string): Promise<string | null | undefined> {
  const [row] = await it.db.query<{ reason: string | null }>(
    'SELECT refused_reason AS reason FROM plans WHERE id = ?',
    [id],
  )
  return row?.reason
}

function eggNamed(name: string) {
  const egg = it.panel.store.eggs.rows.find((egg) => egg.name === name)
  if (!egg) throw new Error(`no egg ${name} at the panel`)
  return egg
}

const SALE = { planId: 'minecraft-paper-4gb', term: 'monthly', currency: 'eur' }

test('the catalogue we ship is sold in full on a stock panel', async () => {
  const { refused } = await apply()
  expect(refused).toEqual([])
  expect((await listPlans(it.db)).map((plan) => plan.id))
    .toEqual(it.catalogue.plans.map((plan) => plan.id))
  expect(await check()).toEqual([])
})

test('applyCatalogue() twice changes nothing, at Stripe neither', async () => {
  await apply()
  const before = await rows()
  it.stripeWrites.length = 0
  const { differences } = await apply()
  expect(differences).toEqual([])
  expect(it.stripeWrites).toEqual([])
  expect(await rows()).toEqual(before)
})

test('applyCatalogue() freezes everything that an order needs', async () => {
  await apply()
  const sale = await findPlanForSale(it.db, { ...SALE, regionId: 'frankfurt' })
  expect(sale).toMatchObject({
    planName: 'Paper 4 GB',
    gameName: 'Minecraft',
    regionName: 'Frankfurt',
    unitAmount: plan('minecraft-paper-4gb').prices.monthly?.eur,
    stripePriceId: expect.stringMatching(/^price_/),
    need: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200, ports: 1 },
    dockerImage: 'ghcr.io/pterodactyl/yolks:java_21',
    egg: { id: eggNamed('Paper').id, startup: expect.stringContaining('{{SERVER_JARFILE}}') },
  })
})

test('findPlanForSale() says which part of a request is not sold', async () => {
  await apply()
  const find = async (changes: object) =>
    (await findPlanForSale(it.db, { ...SALE, regionId: 'frankfurt', ...changes })).notForSale
  expect(await find({})).toBeUndefined()
  expect(await find({ planId: 'nope' })).toBe('unknown-plan')
  expect(await find({ term: 'weekly' })).toBe('price-unknown')
  expect(await find({ currency: 'gbp' })).toBe('price-unknown')
  expect(await find({ regionId: 'mars' })).toBe('region-unknown')
  await it.db.run("UPDATE plans SET refused_reason = 'x' WHERE id = ?", [SALE.planId])
  expect(await find({})).toBe('plan-not-sold')
})

test('applyCatalogue() makes a new Price of a changed one and keeps the old', async () => {
  await apply()
  const lookupKey = 'spawnpoint_minecraft-paper-4gb_monthly_eur'
  const [before] = await it.target.payments.findPrices([lookupKey])
  plan('minecraft-paper-4gb').prices.monthly = { eur: 999, usd: 949 }
  it.stripeWrites.length = 0

  expect(await check()).toEqual([
    {
      kind: 'change',
      subject: `price ${lookupKey}`,
      detail: expect.stringContaining('849 becomes 999'),
    },
  ])
  await apply()
  const [after] = await it.target.payments.findPrices([lookupKey])
  expect(after).toMatchObject({ unitAmount: 999, productId: before?.productId })
  expect(after?.stripePriceId).not.toBe(before?.stripePriceId)
  expect(it.stripeWrites.filter((write) => write === 'POST /v1/prices')).toHaveLength(1)
  expect(await findPlanForSale(it.db, { ...SALE, regionId: 'frankfurt' }))
    .toMatchObject({ unitAmount: 999, stripePriceId: after?.stripePriceId })
  const old = await fetch(`${it.urls.stripeUrl}/v1/prices/${before?.stripePriceId}`, {
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
  })
  expect(await old.json()).toMatchObject({ active: true, unit_amount: 849, lookup_key: null })
  expect(await check()).toEqual([])
})

test('applyCatalogue() repairs a price that the database lost', async () => {
  await apply()
  const sold = await listPlans(it.db)
  await it.db.run("DELETE FROM plan_prices WHERE currency = 'usd' AND term = 'yearly'")
  it.stripeWrites.length = 0
  expect(wouldChange(await check())).toBe(true)
  await apply()
  expect(await listPlans(it.db)).toEqual(sold)
  expect(it.stripeWrites).not.toContain('POST /v1/prices')
})

test('applyCatalogue() unlists what left the file, and drops a term that did', async () => {
  await apply()
  it.catalogue.plans = it.catalogue.plans.filter((plan) => plan.id !== 'rust-12gb')
  delete plan('rust-8gb').prices.yearly
  expect((await check()).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
    'remove plan rust-12gb',
    'remove price of rust-8gb',
    'remove price of rust-8gb',
  ])
  await apply()
  const plans = await listPlans(it.db)
  expect(plans.map((plan) => plan.id)).not.toContain('rust-12gb')
  expect(plans.find((plan) => plan.id === 'rust-8gb')?.prices).toHaveLength(4)
  const [row] = await it.db.query<object>("SELECT listed FROM plans WHERE id = 'rust-12gb'")
  expect(row).toEqual({ listed: 0 })
})

test('applyCatalogue() follows a new order, new names and new limits', async () => {
  await apply()
  it.catalogue.plans.reverse()
  plan('rust-8gb').name = 'Rust Starter'
  plan('rust-8gb').limits.memoryMib = 6144
  const kinds = (await check()).map(({ subject, detail }) => `${subject}: ${detail}`)
  expect(kinds).toEqual([
    'plan rust-8gb: new name, limits',
    'plans: are in another order',
    'product of rust-8gb: has a new name',
  ])
  it.stripeWrites.length = 0
  await apply()
  expect(it.stripeWrites).toEqual([expect.stringMatching(/^POST \/v1\/products\/prod_/)])
  const plans = await listPlans(it.db)
  expect(plans.map((plan) => plan.id)).toEqual(it.catalogue.plans.map((plan) => plan.id))
  expect(plans.find((plan) => plan.id === 'rust-8gb')).toMatchObject({
    name: 'Rust Starter',
    limits: { memoryMib: 6144 },
  })
})

test('a plan whose egg leaves the panel is refused, and sold again when it returns', async () => {
  await apply()
  const egg = eggNamed('Rust')
  egg.name = 'Rust (old)'
  const { refused } = await snapshotPanel(it.db, it.target.panel, it.target)
  expect(refused.map(({ planId }) => planId)).toEqual(['rust-8gb', 'rust-12gb'])
  expect(refused[0]?.reason).toContain('no egg "Rust" in the nest "Rust"')
  expect((await listPlans(it.db)).map((plan) => plan.gameId)).not.toContain('rust')
  expect(await check()).toMatchObject([{ kind: 'refuse' }, { kind: 'refuse' }])

  egg.name = 'Rust'
  await snapshotPanel(it.db, it.target.panel, it.target)
  expect(await refusedReason('rust-8gb')).toBeNull()
})

test('a re-imported egg has new ids and is sold on', async () => {
  await apply()
  const egg = eggNamed('Paper')
  const rows = it.panel.store.variables.rows.filter((variable) => variable.eggId === egg.id)
  egg.name = 'gone'
  const again = it.panel.store.eggs.insert((id) => ({
    ...egg,
    id,
    uuid: crypto.randomUUID(),
    name: 'Paper',
  }))
  for (const row of rows) it.panel.store.variables.insert((id) => ({ ...row, id, eggId: again.id }))
  expect(await check()).toMatchObject([{ kind: 'change', subject: 'egg Minecraft/Paper' }])
  expect(await apply()).toMatchObject({ refused: [] })
  expect(await findPlanForSale(it.db, { ...SALE, regionId: 'frankfurt' }))
    .toMatchObject({ egg: { id: again.id } })
})

test.each<[string, (it: CatalogueFixture) => void, RegExp]>([
  [
    'an image label that is not there',
    (it) =>
      plan('minecraft-paper-4gb', it.catalogue).egg === 'paper' &&
      Object.assign(it.catalogue.eggs.paper ?? {}, { image: 'Java 99' }),
    /does not offer the image.*"Java 21"/,
  ],
  [
    'a required variable without a value',
    () => addVariable('LICENCE', 'required|string', ''),
    /the value "" of LICENCE is refused/,
  ],
  [
    'a rule we do not know',
    () => addVariable('ODD', 'nullable|required_without:FOO', 'x'),
    /the rule "required_without:FOO" of ODD is not understood/,
  ],
  [
    'an option that the egg does not have',
    (it) =>
      void (it.catalogue.eggs.paper ?? missing()).options.push({
        variable: 'SEED',
        label: 'Seed',
        help: '',
        kind: 'text',
      }),
    /has no variable SEED/,
  ],
  [
    'a fixed value that the egg refuses',
    (it) => void ((it.catalogue.eggs.paper ?? missing()).environment = { SERVER_JARFILE: 'x.zip' }),
    /the value "x.zip" of SERVER_JARFILE is refused/,
  ],
  [
    'a choice that the egg refuses',
    (it) =>
      void (it.catalogue.eggs.paper ?? missing()).options.push({
        variable: 'SERVER_JARFILE',
        label: 'Jar',
        help: '',
        kind: 'select',
        values: ['server.jar', 'server.exe'],
      }),
    /the egg refuses the choice "server.exe" of SERVER_JARFILE/,
  ],
  [
    'limits that no node can hold',
    (it) => void (plan('minecraft-paper-4gb', it.catalogue).limits.memoryMib = 10_000_000),
    /no node in its regions is large enough/,
  ],
])('%s: the plan is applied but not sold', async (_name, spoil, reason) => {
  spoil(it)
  const refusal = (await check()).find(({ kind }) => kind === 'refuse')
  expect(refusal?.detail).toMatch(reason)
  const { refused } = await apply()
  expect(refused.map(({ planId }) => planId)).toContain('minecraft-paper-4gb')
  expect(await refusedReason('minecraft-paper-4gb')).toMatch(reason)
  expect(await findPlanForSale(it.db, { ...SALE, regionId: 'frankfurt' }))
    .toEqual({ notForSale: 'plan-not-sold' })
})

function addVariable(envVariable: string, rules: string, defaultValue: string): void {
  const [first] = it.panel.store.variables.rows
  if (!first) throw new Error('the panel has no variables')
  const eggId = eggNamed('Paper').id
  it.panel.store.variables.insert((id) => ({
    ...first,
    id,
    eggId,
    envVariable,
    rules,
    defaultValue,
  }))
}

function missing(): never {
  throw new Error('the catalogue lacks what the test is about')
}

test('checkCatalogue() warns of a location and of a region too small, and sells elsewhere', async () => {
  const [, , singapore] = it.catalogue.regions
  if (!singapore) throw missing()
  singapore.location = 'sg-sni'
  await apply()
  const differences = await check()
  expect(differences[0]).toMatchObject({
    kind: 'warn',
    subject: 'region singapore',
    detail: 'the panel has no location "sg-sni", only de-fra, us-nyc, sg-sin',
  })
  expect(differences.slice(1).every(({ kind }) => kind === 'warn')).toBe(true)
  expect(wouldChange(differences)).toBe(false)
  expect(await listPlans(it.db)).toHaveLength(it.catalogue.plans.length)
})

test('printDifferences() has one line a difference', async () => {
  const lines = printDifferences(await check()).split('\n')
  expect(lines).toContain('+ plan rust-8gb: is new')
  expect(lines).toContain('+ price spawnpoint_rust-8gb_monthly_eur: 1599 is not at Stripe yet')
  await apply()
  expect(printDifferences(await check())).toMatch(/agree/)
})

test('shopId() gives ten starters the same id, for good', async () => {
  await it.db.run('DELETE FROM shop_settings')
  const ids = await Promise.all(Array.from({ length: 10 }, () => shopId(it.db, randomBytes)))
  expect(ids[0]).toMatch(/^[a-z0-9]{8}$/)
  expect(new Set([...ids, await shopId(it.db, randomBytes)]).size).toBe(1)
})
