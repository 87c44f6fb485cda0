import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Db } from '../api/db.ts'
import { createIdFactory } from '../api/ids.ts'
import { createLog } from '../api/log.ts'
import { createMetrics } from '../api/metrics/metrics.ts'
import { createGate } from '../api/panel/gate.ts'
import { inspectGate } from '../api/panel/gate_store.ts'
import { type Panel, PanelError } from '../api/panel/panel.ts'
import { createPterodactyl } from '../api/panel/pterodactyl.ts'
import type { OrderedRule } from '../dev/faults/faults.ts'
import type { RuleOrder } from '../dev/faults/rule.ts'
import { createPanelEmulator, type PanelEmulator } from '../dev/panel/emulator.ts'
import { createClock } from './support/clock.ts'
import { freshDatabase, type TestDatabase } from './support/database.ts'
import { PANEL_KEY } from './support/environment.ts'

const URL_OF_PANEL = 'http://panel.example.com'
const SECOND_MS = 1000
const MINUTE_MS = 60_000

const clock = createClock()
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))

let database: TestDatabase
let db: Db
let emulator: PanelEmulator
/** When each call reached the panel. */
let calls: number[]
let lines: string[]

beforeAll(async () => {
  database = await freshDatabase(clock.offsetMs)
  db = database.openDb()
})

afterAll(() => database.drop())

beforeEach(async () => {
  await db.run('DELETE FROM panel_gate')
  await db.run('DELETE FROM alerts')
  await db.run('DELETE FROM counters')
  emulator = openEmulator()
  calls = []
  lines = []
  clock.advance(5 * MINUTE_MS)
})

function openEmulator(requestsPerMinute = 240): PanelEmulator {
  return createPanelEmulator({
    url: URL_OF_PANEL,
    applicationKey: PANEL_KEY,
    now: clock.now,
    requestsPerMinute,
    seed: 'shop',
  })
}

/** A process of the shop: all of them share the row of the gate. */
function openProcess({ apiKey = PANEL_KEY, metrics = createMetrics() } = {}): Panel {
  const log = createLog((line) => lines.push(line), clock.now)
  const gate = createGate({
    url: URL_OF_PANEL,
    apiKey,
    openDb: database.openDb,
    deps: { newId: createIdFactory(clock.now, randomBytes), log, metrics },
    // Who waits for its turn moves the clock there.
    sleep: (ms) => Promise.resolve(clock.advance(ms)),
  })
  const ask = async (input: RequestInfo | URL, init?: RequestInit) => {
    calls.push(clock.now().getTime())
    return await emulator.fetch(new Request(input, init))
  }
  return createPterodactyl({ url: URL_OF_PANEL, apiKey, gate, fetch: ask })
}

async function failure(call: Promise<unknown>): Promise<PanelError> {
  const error = await call.then(() => undefined, (error: unknown) => error)
  if (error instanceof PanelError) return error
  throw new Error('The call was expected to fail', { cause: error })
}

/** The most calls in any 60 s. */
function busiestMinute(): number {
  return Math.max(
    ...calls.map((from) => calls.filter((at) => at >= from && at < from + MINUTE_MS).length),
  )
}

async function openAlerts(): Promise<{ kind: string; confirmed: number; seen: number }[]> {
  return await db.query(
    `SELECT kind, confirmed_at IS NOT NULL AS confirmed, times_seen AS seen FROM alerts
      WHERE resolved_at IS NULL ORDER BY kind`,
  )
}

function order(fault: RuleOrder['fault'], call?: string): OrderedRule {
  return emulator.faults.order({ on: { service: 'panel', ...(call && { call }) }, fault })
}

test('two processes together make no more calls in any 60 s than the panel allows, and no fewer than nine in ten', async () => {
  const processes = [openProcess(), openProcess()]
  const start = clock.now().getTime()
  while (clock.now().getTime() < start + 2 * MINUTE_MS) {
    await Promise.all(processes.map((panel) => panel.getServer(1)))
  }
  expect(busiestMinute()).toBeLessThanOrEqual(0.95 * 240)
  expect(calls.length).toBeGreaterThan(2 * 0.9 * 240)
})

test('the limit that the panel announces is followed, up and down', async () => {
  const panel = openProcess()
  emulator.settings.requestsPerMinute.application = 60
  await panel.getServer(1)
  calls = []
  const start = clock.now().getTime()
  while (clock.now().getTime() < start + 2 * MINUTE_MS) await panel.getServer(1)
  expect(busiestMinute()).toBeLessThanOrEqual(60)
  expect(calls.length).toBeGreaterThan(90)
  emulator.settings.requestsPerMinute.application = 600
  clock.advance(MINUTE_MS)
  await panel.getServer(1)
  expect(await inspectGate(db)).toMatchObject({ perMinute: 600 })
})

test('what others use of the same key is left to them: no call of ours is answered 429', async () => {
  const panel = openProcess()
  await panel.getServer(1)
  const other = () =>
    emulator.fetch(
      new Request(`${URL_OF_PANEL}/api/application/nodes`, {
        headers: { accept: 'application/json', authorization: `Bearer ${PANEL_KEY}` },
      }),
    )
  for (let i = 0; i < 200; i++) await other()
  let refused = 0
  for (let i = 0; i < 40; i++) {
    await panel.findServer('shop-srv_1', { yields: true }).catch((error) => {
      expect(error).toMatchObject({ code: 'no_budget', kind: 'retry', outcome: 'refused' })
      refused++
    })
    clock.advance(SECOND_MS)
  }
  expect(refused).toBeGreaterThan(10)
  // Others still find what we left them.
  expect((await other()).status).toBe(200)
  clock.advance(MINUTE_MS)
  await panel.getServer(1)
})

test('a 429 pauses every process for as long as the panel asks', async () => {
  const [one, two] = [openProcess(), openProcess()]
  await one.getServer(1)
  emulator.settings.requestsPerMinute.application = 1
  expect(await failure(one.getServer(1))).toMatchObject({ status: 429 })
  const made = calls.length
  expect(await failure(two.getServer(1))).toMatchObject({ code: 'no_budget' })
  const { retryAfterMs } = await failure(two.getServer(1))
  expect(retryAfterMs).toBeGreaterThan(50_000)
  expect(retryAfterMs).toBeLessThanOrEqual(MINUTE_MS)
  expect(calls).toHaveLength(made)
  emulator.settings.requestsPerMinute.application = 240
  clock.advance(MINUTE_MS)
  await two.getServer(1)
})

test('looks step back when little is left; what else is asked finds room at once', async () => {
  const panel = openProcess()
  const looks = await Promise.allSettled(
    Array.from({ length: 20 }, () => panel.findServer('shop-srv_1', { yields: true })),
  )
  expect(looks.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(4)
  const before = clock.now().getTime()
  await panel.getServer(1)
  await panel.getServer(1)
  expect(clock.now().getTime() - before).toBeLessThan(250)
})

test('five failures in a row, of all processes, open the circuit; one call each 30 s tries; the first success closes it', async () => {
  const processes = [openProcess(), openProcess()]
  const [one, two] = processes
  await one!.getServer(1)
  const away = order({ name: 'html', status: 502 })
  for (let i = 0; i < 5; i++) {
    expect(await failure(processes[i % 2]!.getServer(1))).toMatchObject({ status: 502 })
  }
  expect(await inspectGate(db)).toMatchObject({
    circuit: 'open',
    kind: 'outage',
    failures: 5,
    reason: expect.stringContaining('502'),
    since: expect.any(Date),
    nextProbeAt: expect.any(Date),
  })
  const refused = await failure(two!.getServer(1))
  expect(refused).toMatchObject({ code: 'circuit_open', kind: 'retry', outcome: 'refused' })
  expect(refused.retryAfterMs).toBeLessThanOrEqual(30_000)
  calls = []
  clock.advance(30 * SECOND_MS)
  expect((await inspectGate(db))?.circuit).toBe('half_open')
  const tries = await Promise.all(
    processes.flatMap((panel) => [1, 2, 3].map(() => failure(panel.getServer(1)))),
  )
  expect(tries.filter(({ status }) => status === 502)).toHaveLength(1)
  expect(calls).toHaveLength(1)
  away.cancel()
  expect(await failure(one!.getServer(1))).toMatchObject({ code: 'circuit_open' })
  clock.advance(30 * SECOND_MS)
  await two!.getServer(1)
  await one!.getServer(1)
  expect(await inspectGate(db)).toMatchObject({ circuit: 'closed', failures: 0, reason: null })
  expect(await openAlerts()).toEqual([])
})

test('a success in between begins the count anew', async () => {
  const panel = openProcess()
  for (let i = 0; i < 3; i++) {
    const away = order({ name: 'status', status: 500 })
    for (let j = 0; j < 4; j++) await failure(panel.getServer(1))
    away.cancel()
    await panel.getServer(1)
  }
  expect((await inspectGate(db))?.circuit).toBe('closed')
})

test('a panel that is down is told to a person once it lasts, and the alert ends with it', async () => {
  const panel = openProcess()
  const away = order('refuse')
  for (let i = 0; i < 5; i++) await failure(panel.getServer(1))
  expect(await openAlerts()).toEqual([{ kind: 'panel_down', confirmed: 0, seen: 1 }])
  for (let i = 0; i < 11; i++) {
    clock.advance(30 * SECOND_MS)
    await failure(panel.getServer(1))
  }
  expect(await openAlerts()).toEqual([{ kind: 'panel_down', confirmed: 1, seen: 12 }])
  away.cancel()
  clock.advance(30 * SECOND_MS)
  await panel.getServer(1)
  expect(await openAlerts()).toEqual([])
})

test('a key that was revoked stops all calls at the first answer; a new one begins afresh', async () => {
  const [one, two] = [openProcess(), openProcess()]
  await one.getServer(1)
  emulator.store.keys.get(1).token = 'ptla_another'
  calls = []
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => one.getServer(1)))
  expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
  expect(calls.length).toBeLessThanOrEqual(3)
  const refused = await failure(two.getServer(1))
  expect(refused).toMatchObject({ code: 'circuit_open', kind: 'configuration' })
  expect(refused.message).toContain('does not know our key')
  expect(await inspectGate(db)).toMatchObject({ circuit: 'open', kind: 'configuration' })
  expect(await openAlerts()).toEqual([
    { kind: 'panel_configuration', confirmed: 1, seen: expect.any(Number) },
  ])
  const renewed = `${PANEL_KEY.slice(0, -4)}new1`
  emulator.store.keys.get(1).token = renewed
  const restarted = openProcess({ apiKey: renewed })
  await restarted.getServer(1)
  expect(await inspectGate(db)).toMatchObject({ circuit: 'closed' })
  expect(await openAlerts()).toEqual([])
  const [{ all } = { all: 0 }] = await db.query<{ all: number }>(
    'SELECT COUNT(*) AS `all` FROM alerts',
  )
  expect(all).toBe(1)
})

test('what the key may not do stays closed while it may do other things, and opens with its own success', async () => {
  const panel = openProcess()
  const key = emulator.store.keys.get(1)
  const { permissions } = key
  key.permissions = { ...permissions, nodes: 0 }
  expect(await failure(panel.listNodes())).toMatchObject({ status: 403 })
  clock.advance(30 * SECOND_MS)
  await panel.getServer(1)
  expect(await inspectGate(db)).toMatchObject({ circuit: 'half_open', kind: 'configuration' })
  // A job that needs it gets there call by call, and stops all again.
  expect(await failure(panel.listNodes())).toMatchObject({ status: 403 })
  expect(await failure(panel.getServer(1))).toMatchObject({ code: 'circuit_open' })
  expect(await openAlerts()).toEqual([{ kind: 'panel_configuration', confirmed: 1, seen: 2 }])
  key.permissions = permissions
  clock.advance(30 * SECOND_MS)
  await panel.getServer(1)
  await panel.listNodes()
  expect(await inspectGate(db)).toMatchObject({ circuit: 'closed' })
})

const misconfigured: [string, () => unknown, number][] = [
  ['another site at the address', () => order({ name: 'html', status: 404 }), 3],
  ['two-factor authentication', () => emulator.settings.requireTwoFactor = 'everyone', 1],
  ['a forbidden address', () => emulator.store.keys.get(1).allowedIps = ['192.0.2.1'], 1],
]

test.each(misconfigured)('%s opens the circuit after few calls', async (_name, breakIt, few) => {
  const panel = openProcess()
  breakIt()
  for (let i = 0; i < 20; i++) await failure(panel.getServer(1))
  expect(calls).toHaveLength(few)
  expect(await inspectGate(db)).toMatchObject({ circuit: 'open', kind: 'configuration' })
})

test('a node that is away, a lost race and one odd answer say nothing of the panel', async () => {
  const panel = openProcess()
  const made = await panel.createServer(await newServer(panel))
  emulator.faults.order({ on: { service: 'panel', wings: 'delete' }, fault: 'wings-down' })
  for (let i = 0; i < 8; i++) {
    expect(await failure(panel.deleteServer(made.id))).toMatchObject({ status: 504 })
  }
  order({ name: 'lost-race', field: 'external_id' })
  for (let i = 0; i < 8; i++) {
    const lost = panel.createServer({ ...await newServer(panel), externalId: 'shop-srv_2' })
    expect(await failure(lost)).toMatchObject({ code: 'DataValidationException' })
  }
  expect(await inspectGate(db)).toMatchObject({ circuit: 'closed', failures: 0 })
})

test('a success of a call that began before the circuit opened does not close it', async () => {
  const panel = openProcess()
  const release = emulator.holdCreates()
  const server = await newServer(panel)
  const slow = panel.createServer(server)
  while (emulator.store.servers.rows.length === 0) await new Promise((go) => setTimeout(go, 5))
  emulator.store.keys.get(1).token = 'ptla_another'
  expect(await failure(panel.getServer(1))).toMatchObject({ status: 401 })
  await new Promise((go) => setTimeout(go, 20))
  release()
  await slow
  expect(await inspectGate(db)).toMatchObject({ circuit: 'open' })
})

test('every call is counted, and one that fails is told without the key', async () => {
  const metrics = createMetrics()
  const panel = openProcess({ metrics })
  await panel.getServer(1)
  await panel.listNodes()
  order({ name: 'status', status: 500 }, 'GET /api/application/nodes')
  await failure(panel.listNodes())
  await metrics.flush(db)
  const rows = await db.query(
    "SELECT labels, value FROM counters WHERE name = 'panel_requests_total'",
  )
  expect(rows).toEqual([
    { labels: 'code="200",op="listNodes"', value: 1 },
    { labels: 'code="404",op="getServer"', value: 1 },
    { labels: 'code="500",op="listNodes"', value: 1 },
  ])
  const told = lines.filter((line) => line.includes('a call to the panel failed'))
  expect(told).toHaveLength(1)
  expect(JSON.parse(told[0] ?? '')).toMatchObject({
    path: expect.stringMatching(/^GET /),
    status: 500,
  })
  expect(lines.join()).not.toContain(PANEL_KEY)
})

async function newServer(panel: Panel) {
  const egg = await panel.findEgg({ nestName: 'Minecraft', eggName: 'Paper' })
  const [allocation] = await panel.listAllocations(1, { free: true })
  return {
    externalId: 'shop-srv_1',
    name: 'World',
    userId: 1,
    eggId: egg?.id ?? 0,
    allocationId: allocation?.id ?? 0,
    dockerImage: 'ghcr.io/pterodactyl/yolks:java_21',
    startup: 'java -jar server.jar',
    environment: Object.fromEntries(
      egg?.variables.map((v) => [v.envVariable, v.defaultValue]) ?? [],
    ),
    limits: { memoryMib: 1024, diskMib: 1024, cpuPercent: 100 },
    featureLimits: { databases: 0, backups: 0, allocations: 0 },
  }
}
