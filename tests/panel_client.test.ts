import { afterEach, expect, test } from 'vitest'
import { allocationTaken, alreadyExists, type NewServer, PanelError } from '../api/panel/panel.ts'
import { createPterodactyl } from '../api/panel/pterodactyl.ts'
import { createPanelEmulator } from '../dev/panel/emulator.ts'
import { readSample } from './fixtures/panel/samples.ts'
import { failNext } from './support/faults.ts'
import { serveEmulator } from './support/serve.ts'
import { freeGate } from './support/gate.ts'

const KEY = 'ptla_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'

const servers: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

test('createServer() makes a server that installs and then is ready, owned and limited as asked', async () => {
  const { panel, advance } = openPanel()
  const user = await panel.createUser(buyer)
  const egg = await panel.findEgg({ nestName: 'Minecraft', eggName: 'Paper' })
  const [allocation] = await panel.listAllocations(1, { free: true })
  expect(egg?.dockerImages['Java 21']).toBe('ghcr.io/pterodactyl/yolks:java_21')
  const made = await panel.createServer({
    ...paperServer,
    userId: user.id,
    eggId: egg!.id,
    allocationId: allocation!.id,
  })
  expect(made).toMatchObject({
    externalId: 'shop-srv_1',
    status: 'installing',
    suspended: false,
    limits: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200 },
    featureLimits: { databases: 1, backups: 2, allocations: 0 },
    userId: user.id,
    nodeId: 1,
    eggId: egg!.id,
    allocationId: allocation!.id,
    address: { host: 'play-fra-1.example.com', port: 25565 },
    environment: { SERVER_JARFILE: 'server.jar', DL_PATH: '', BUILD_NUMBER: 'latest' },
  })
  expect((await panel.findServer('shop-srv_1'))?.status).toBe('installing')
  advance(4000)
  expect((await panel.findServer('shop-srv_1'))?.status).toBe(null)
  expect(await panel.getServer(made.id)).toEqual(await panel.findServer('shop-srv_1'))
  expect((await panel.listAllocations(1, { free: true })).map(({ id }) => id))
    .not.toContain(allocation!.id)
})

test('createServer() sends what the panel would otherwise get wrong: no swap, OOM killer on', async () => {
  const { panel, emulator } = openPanel()
  await createPaper(panel)
  expect(emulator.store.servers.get(1)).toMatchObject({ swap: 0, io: 500, oomDisabled: false })
})

test('the lists read every page and resolve names', async () => {
  const { panel, emulator } = openPanel()
  const first = emulator.store.allocations.get(1)
  for (let port = 40_000; port < 40_400; port++) {
    emulator.store.allocations.insert((id) => ({ ...first, id, port }))
  }
  expect(await panel.listAllocations(1)).toHaveLength(464)
  await createPaper(panel)
  expect(await panel.listAllocations(1, { free: true })).toHaveLength(463)
  expect((await panel.listRegions()).map(({ name }) => name)).toEqual([
    'de-fra',
    'us-nyc',
    'sg-sin',
  ])
  expect(await panel.listNodes()).toContainEqual({
    id: 1,
    name: 'fra-1',
    fqdn: 'fra-1.example.com',
    locationShort: 'de-fra',
    public: true,
    maintenance: false,
    memoryMib: 65536,
    memoryOverallocate: 0,
    memoryAllocatedMib: 4096,
    diskMib: 921600,
    diskOverallocate: 0,
    diskAllocatedMib: 20480,
  })
  const eggs = await panel.listEggs()
  expect(eggs.map((egg) => `${egg.nestName}/${egg.name}`)).toContain(
    'Voice Servers/Teamspeak3 Server',
  )
  expect(await panel.findEgg({ nestName: 'Rust', eggName: 'Paper' })).toBe(undefined)
  expect(await panel.findEgg({ nestName: 'No nest', eggName: 'Paper' })).toBe(undefined)
})

test('listServers() reads more than one page', async () => {
  const { panel, emulator } = openPanel()
  await createPaper(panel)
  const server = emulator.store.servers.get(1)
  for (let count = 2; count <= 201; count++) {
    emulator.store.servers.insert((id) => ({ ...server, id, externalId: `shop-srv_${id}` }))
  }
  const listed = await panel.listServers()
  expect(new Set(listed.map((server) => server.externalId)).size).toBe(201)
})

test('findUser() and findServer() are undefined for what is not there', async () => {
  const { panel } = openPanel()
  expect(await panel.findUser('shop-usr_1')).toBe(undefined)
  expect(await panel.findServer('shop-srv_1')).toBe(undefined)
  expect(await panel.getServer(99)).toBe(undefined)
  const user = await panel.createUser(buyer)
  expect(await panel.findUser('shop-usr_1')).toEqual(user)
  expect(user).toMatchObject({ externalId: 'shop-usr_1', email: buyer.email, rootAdmin: false })
})

test('alreadyExists() tells which field of a user was taken, whatever its case', async () => {
  const { panel } = openPanel()
  await panel.createUser(buyer)
  const error = await failure(
    panel.createUser({ ...buyer, externalId: 'SHOP-USR_1', username: 'new' }),
  )
  expect(error).toMatchObject({ kind: 'invalid', outcome: 'refused', status: 422 })
  expect(error.sourceFields).toEqual(['email', 'external_id'])
  expect(alreadyExists(error)).toBe(true)
  expect(alreadyExists(error, 'email')).toBe(true)
  expect(alreadyExists(error, 'username')).toBe(false)
  expect(allocationTaken(error)).toBe(false)
})

test('alreadyExists() sees a server made before, and one made in a race', async () => {
  const { panel, emulator } = openPanel()
  await createPaper(panel)
  const again = await failure(createPaper(panel, { allocationId: 2 }))
  expect(again).toMatchObject({ kind: 'invalid', sourceFields: ['external_id'] })
  expect(alreadyExists(again)).toBe(true)
  failNext(emulator, { name: 'lost-race', field: 'external_id' })
  const lost = await failure(createPaper(panel, { externalId: 'shop-srv_2', allocationId: 2 }))
  expect(lost).toMatchObject({ code: 'DataValidationException', kind: 'retry', outcome: 'refused' })
  expect(alreadyExists(lost)).toBe(true)
  expect(allocationTaken(lost)).toBe(false)
})

test('allocationTaken() sees a port that went to another server, and one lost in a race', async () => {
  const { panel, emulator } = openPanel()
  await createPaper(panel)
  const taken = await failure(createPaper(panel, { externalId: 'shop-srv_2' }))
  expect(allocationTaken(taken)).toBe(true)
  expect(alreadyExists(taken)).toBe(false)
  failNext(emulator, { name: 'lost-race', field: 'allocation_id' })
  const lost = await failure(createPaper(panel, { externalId: 'shop-srv_2', allocationId: 2 }))
  expect(allocationTaken(lost)).toBe(true)
})

test('a variable that the egg refuses is invalid and named', async () => {
  const { panel } = openPanel()
  const environment = { ...paperServer.environment, SERVER_JARFILE: 'evil.sh' }
  const error = await failure(createPaper(panel, { environment }))
  expect(error).toMatchObject({
    kind: 'invalid',
    outcome: 'refused',
    sourceFields: ['environment.SERVER_JARFILE'],
    rules: ['regex'],
  })
})

test.each(
  [
    ['wings-down', 504, undefined],
    ['wings-refuses', 500, '0b6f4c0e-7a51-4d0f-9a63-2f6f8a7d1c55'],
  ] as const,
)('a node that fails (%s) is retried, and leaves nothing behind', async (fault, status, id) => {
  const { panel, emulator } = openPanel()
  failNext(emulator, fault, { wings: 'create' })
  const error = await failure(createPaper(panel))
  expect(error).toMatchObject({
    code: 'DaemonConnectionException',
    status,
    kind: 'retry',
    outcome: 'unknown',
    requestId: id,
  })
  expect(await panel.findServer('shop-srv_1')).toBe(undefined)
  expect((await createPaper(panel)).status).toBe('installing')
})

test.each([404, 422] as const)(
  'a node that answers %d is a passing fault, not the panel refusing',
  async (status) => {
    const { panel, emulator } = openPanel()
    failNext(emulator, { name: 'wings-refuses', status }, { wings: 'create' })
    expect(await failure(createPaper(panel))).toMatchObject({
      status,
      kind: 'retry',
      outcome: 'unknown',
    })
  },
)

test('a server whose answer was lost is found by its external id', async () => {
  const { panel, emulator } = openPanel()
  failNext(emulator, 'drop-answer', { call: 'POST /api/application/servers' })
  const error = await failure(createPaper(panel))
  expect(error).toMatchObject({
    code: 'network',
    status: undefined,
    kind: 'retry',
    outcome: 'unknown',
  })
  expect(await panel.findServer('shop-srv_1')).toMatchObject({ status: 'installing' })
})

test('a refused connection is retried', async () => {
  const url = serve(() => new Response())
  await servers.pop()?.stop()
  const panel = createPterodactyl({ url, apiKey: KEY, gate: freeGate })
  expect(await failure(panel.listNodes())).toMatchObject({ code: 'network', kind: 'retry' })
})

test('an answer that does not come in time is unknown', async () => {
  const url = serve(() => new Promise<Response>((resolve) => setTimeout(resolve, 500, html(200))))
  let given: AbortSignal | null | undefined
  const panel = createPterodactyl({
    url,
    apiKey: KEY,
    gate: freeGate,
    fetch: (input, init) => {
      given = init?.signal
      return fetch(input, { ...init, signal: AbortSignal.timeout(50) })
    },
  })
  expect(await failure(panel.listNodes())).toMatchObject({ code: 'timeout', outcome: 'unknown' })
  expect(given).toBeInstanceOf(AbortSignal)
})

test('a key without permission, an unknown key and a wrong address are configuration faults', async () => {
  const { panel, emulator, url } = openPanel()
  emulator.store.keys.get(1).permissions = { servers: 3 }
  expect(await failure(panel.listNodes())).toMatchObject({ kind: 'configuration', status: 403 })
  const stranger = createPterodactyl({ url, apiKey: 'ptla_wrong', gate: freeGate })
  expect(await failure(stranger.findUser('shop-usr_1'))).toMatchObject({
    kind: 'configuration',
    code: 'AuthenticationException',
  })
  const lost = createPterodactyl({ url: `${url}/panel`, apiKey: KEY, gate: freeGate })
  expect(await failure(lost.findServer('shop-srv_1'))).toMatchObject({
    kind: 'configuration',
    code: 'NotFoundHttpException',
  })
})

test.each([
  ['a redirect to https', redirect, { code: 'redirect', status: 301, kind: 'configuration' }],
  ['a page', () => html(200), { code: 'not_json', status: 200, kind: 'configuration' }],
  ['a page that says 404', () => html(404), {
    code: 'not_json',
    status: 404,
    kind: 'configuration',
  }],
  ['a proxy without its panel', () => html(502), { code: 'not_json', status: 502, kind: 'retry' }],
  ['JSON of something else', () => Response.json({ ok: true }), {
    code: 'unexpected_answer',
    kind: 'configuration',
  }],
  ['an endless answer', endless, { code: 'unexpected_answer', kind: 'configuration' }],
])('%s is told apart', async (_what, answer, expected) => {
  const panel = panelAt(serve(answer))
  expect(await failure(panel.findServer('shop-srv_1'))).toMatchObject(expected)
})

test.each([
  ['error-400-two-factor-required', 'configuration', 'refused'],
  ['error-403-ip', 'configuration', 'refused'],
  ['error-403-application-key-on-client-api', 'configuration', 'refused'],
  ['error-403-not-admin', 'configuration', 'refused'],
  ['error-404-route', 'configuration', 'refused'],
  ['error-404-model', 'missing', 'refused'],
  ['error-405', 'configuration', 'refused'],
  ['app-servers-create-400-no-node', 'capacity', 'refused'],
  ['app-servers-create-400-no-allocation', 'capacity', 'refused'],
  ['app-servers-create-422-missing', 'invalid', 'refused'],
  ['app-users-delete-400-has-servers', 'invalid', 'refused'],
  ['error-500-debug-mode', 'missing', 'refused'],
  ['app-servers-suspend-404-from-wings', 'retry', 'unknown'],
  ['client-power-409-suspended', 'conflict', 'refused'],
  ['error-429', 'retry', 'refused'],
  ['error-500-per-page-text', 'retry', 'unknown'],
  ['error-500-data-validation-race', 'retry', 'refused'],
  ['error-503-artisan-down', 'retry', 'unknown'],
])('the recorded failure %s is %s, its outcome %s', async (name, kind, outcome) => {
  const { status, headers, body } = readSample(name).response
  const panel = panelAt(serve(() => Response.json(body, { status, headers })))
  expect(await failure(panel.listNodes())).toMatchObject({ status, kind, outcome })
})

test('no failure gives the key away', async () => {
  const { panel } = openPanel({ requestsPerMinute: 1 })
  await panel.findServer('shop-srv_1')
  const error = await failure(panel.listNodes())
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(KEY)
})

test('an external id that would name another route is refused before any call', async () => {
  const panel = panelAt('http://panel.invalid')
  for (const id of ['', 'a/b', '../users', 'a b', 'a?b']) {
    await expect(panel.findServer(id)).rejects.not.toBeInstanceOf(PanelError)
  }
})

const buyer = {
  externalId: 'shop-usr_1',
  email: 'buyer@example.com',
  username: 'buyer_1',
  firstName: 'Shop',
  lastName: 'Customer',
}

const paperServer: NewServer = {
  externalId: 'shop-srv_1',
  name: 'My world',
  userId: 1,
  eggId: 2,
  allocationId: 1,
  dockerImage: 'ghcr.io/pterodactyl/yolks:java_21',
  startup: 'java -jar {{SERVER_JARFILE}}',
  environment: {
    MINECRAFT_VERSION: 'latest',
    SERVER_JARFILE: 'server.jar',
    DL_PATH: '',
    BUILD_NUMBER: 'latest',
  },
  limits: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200 },
  featureLimits: { databases: 1, backups: 2, allocations: 0 },
}

function openPanel({ requestsPerMinute = 1000 } = {}) {
  let time = Date.parse('2026-11-23T12:00:00Z')
  const now = () => new Date(time)
  const emulator = createPanelEmulator({
    url: 'http://panel.example.com',
    applicationKey: KEY,
    now,
    requestsPerMinute,
  })
  const server = serveEmulator()
  server.handler = emulator.fetch
  servers.push(server)
  const panel = createPterodactyl({ url: server.url, apiKey: KEY, gate: freeGate })
  return { panel, emulator, url: server.url, advance: (ms: number) => time += ms }
}

function panelAt(url: string) {
  return createPterodactyl({ url, apiKey: KEY, gate: freeGate })
}

function serve(handler: (request: Request) => Response | Promise<Response>): string {
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: () => {} }, handler)
  servers.push({ stop: () => server.shutdown() })
  return `http://127.0.0.1:${server.addr.port}`
}

function createPaper(panel: ReturnType<typeof panelAt>, changes: Partial<NewServer> = {}) {
  return panel.createServer({ ...paperServer, ...changes })
}

async function failure(call: Promise<unknown>): Promise<PanelError> {
  const error = await call.then(() => undefined, (error: unknown) => error)
  if (error instanceof PanelError) return error
  throw new Error('The call was expected to fail at the panel', { cause: error })
}

function html(status: number): Response {
  return new Response('<!doctype html><p>Hello</p>', {
    status,
    headers: { 'Content-Type': 'text/html' },
  })
}

function redirect(request: Request): Response {
  return Response.redirect(request.url.replace('http:', 'https:'), 301)
}

function endless(): Response {
  const chunk = new TextEncoder().encode(' '.repeat(64 * 1024))
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }))
}
