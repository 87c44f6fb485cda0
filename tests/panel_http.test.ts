import { afterEach, expect, test } from 'vitest'
import { alreadyExists, PanelError } from '../api/panel/panel.ts'
import { createPterodactyl } from '../api/panel/pterodactyl.ts'
import { serverBody } from './fixtures/panel/calls.ts'
import { headersOf } from './fixtures/panel/samples.ts'
import { type ServedWorld, serveSampleWorld } from './fixtures/panel/served.ts'
import { CUSTOMER_KEY, FULL_KEY, SERVERS_KEY } from './fixtures/panel/world.ts'
import { failNode } from './support/faults.ts'
import { freeGate } from './support/gate.ts'

const worlds: ServedWorld[] = []

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop()
})

test('a caller that leaves during a slow create: the row appears, and the work goes on without it', async () => {
  const { url, emulator, store, advance } = open()
  const release = emulator.holdCreates()
  const caller = new AbortController()
  const creating = postServer(url, caller.signal)
  await expect.poll(() => store.servers.rows.length).toBe(2)
  caller.abort()
  await expect(creating).rejects.toThrow()
  const panel = panelAt(url)
  expect(await panel.findServer('svc_new')).toMatchObject({ id: 5, status: 'installing' })
  advance(60_000)
  expect((await panel.findServer('svc_new'))?.status).toBe('installing')
  release()
  await expect.poll(() => store.servers.get(5).install).not.toBe(null)
  advance(4000)
  expect((await panel.findServer('svc_new'))?.status).toBe(null)
})

test('a caller that leaves, and a node that fails in the end: the row appears and goes again', async () => {
  const { url, emulator, store } = open()
  const release = emulator.holdCreates()
  failNode(emulator, 'create', 'unreachable')
  const caller = new AbortController()
  const creating = postServer(url, caller.signal)
  await expect.poll(() => store.servers.rows.length).toBe(2)
  caller.abort()
  await expect(creating).rejects.toThrow()
  const panel = panelAt(url)
  expect(await panel.findServer('svc_new')).toMatchObject({ status: 'installing' })
  release()
  await expect.poll(() => panel.findServer('svc_new')).toBe(undefined)
  expect(store.allocations.get(10).serverId).toBe(null)
})

test('the shop’s client tells every state of the panel from the others', async () => {
  const { url, emulator, store } = open()
  const { settings } = emulator
  const fault = () => failure(panelAt(url).listNodes())
  settings.down = { retryAfterSeconds: 30 }
  expect(await fault()).toMatchObject({ status: 503, kind: 'retry', retryAfterMs: 30_000 })
  settings.down = null
  settings.requireTwoFactor = 'admins'
  expect(await fault()).toMatchObject({ status: 400, kind: 'configuration', outcome: 'refused' })
  store.users.get(1).twoFactor = true
  store.keys.get(1).allowedIps = ['192.0.2.1']
  expect(await fault()).toMatchObject({ status: 403, kind: 'configuration', outcome: 'refused' })
  store.keys.get(1).allowedIps = ['127.0.0.0/8']
  settings.requestsPerMinute.application = 0
  expect(await fault()).toMatchObject({ status: 429, kind: 'retry', retryAfterMs: 60_000 })
  settings.requestsPerMinute.application = 240
  expect(await panelAt(url).listNodes()).toHaveLength(2)
  for (const key of [SERVERS_KEY, CUSTOMER_KEY, 'ptla_unknown']) {
    expect(await failure(panelAt(url, key).listNodes())).toMatchObject({ kind: 'configuration' })
  }
})

test('the shop’s client is not confused by the debug mode', async () => {
  const { url, emulator } = open()
  emulator.settings.debug = true
  const panel = panelAt(url)
  expect(await panel.findServer('nothing')).toBe(undefined)
  const user = { externalId: 'CUST_1042', email: 'a@b.test', username: 'abc' }
  const taken = await failure(panel.createUser({ ...user, firstName: 'A', lastName: 'B' }))
  expect(taken).toMatchObject({ status: 422, kind: 'invalid', sourceFields: ['external_id'] })
  expect(alreadyExists(taken, 'external_id')).toBe(true)
})

test('of two shops that make one customer at one moment, one breaks, and both find the customer', async () => {
  const { url, emulator } = open()
  emulator.raceNext(2)
  const racers = [1, 2].map((number) =>
    panelAt(url).createUser({
      externalId: 'cust_2',
      email: `shop${number}@x.test`,
      username: `shop${number}`,
      firstName: 'A',
      lastName: 'B',
    })
  )
  const settled = await Promise.allSettled(racers)
  expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const panel = panelAt(url)
  expect(await panel.findUser('cust_2')).toMatchObject({ id: 3 })
})

function open(): ServedWorld {
  const world = serveSampleWorld()
  worlds.push(world)
  return world
}

function panelAt(url: string, apiKey = FULL_KEY) {
  return createPterodactyl({ url, apiKey, gate: freeGate })
}

function postServer(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(`${url}/api/application/servers`, {
    method: 'POST',
    headers: headersOf(FULL_KEY),
    body: JSON.stringify(serverBody()),
    signal,
  })
}

async function failure(promise: Promise<unknown>): Promise<PanelError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PanelError) return error
    throw error
  }
  throw new Error('It should have failed')
}
