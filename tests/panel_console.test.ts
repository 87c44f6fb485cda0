import { decodeJwt, SignJWT } from 'jose'
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serve } from '../dev/emulators/serve.ts'
import { createTraffic } from '../dev/emulators/traffic.ts'
import { createFaults } from '../dev/faults/faults.ts'
import { createPanelEmulator } from '../dev/panel/emulator.ts'
import {
  addUser,
  Credentials,
  type ServedWorld,
  SERVER,
  serveSampleWorld,
  startServer,
  Stats,
  UUID,
} from './fixtures/panel/served.ts'
import { openConsole } from './fixtures/panel/console_client.ts'
import { ADMIN_KEY, CUSTOMER_KEY, FULL_KEY } from './fixtures/panel/world.ts'

const UNEXPECTED = 'an unexpected error was encountered while handling this request'
const NO_CONNECT = 'jwt: missing connect permission'

let it: ServedWorld
beforeEach(() => void (it = serveSampleWorld()))
afterEach(() => it.stop())

test('a console shows what the recorded one shows, frame by frame', async () => {
  const client = await it.connect()
  const authenticate = async () => client.send('auth', (await it.credentials()).token)
  const causes: Record<string, () => unknown> = {
    'console output': () => it.advance(10_000),
    'token expiring': () => it.advance(570_000),
    'jwt error': () => {
      it.advance(660_000)
      client.send('send stats')
    },
    'daemon error': async () => {
      await authenticate()
      client.send('set state', 'explode')
    },
  }
  for (const { dir, frame } of readTranscript()) {
    if (dir === 's2c') {
      await causes[frame.event]?.()
      expect((await client.until(frame.event)).args?.length).toBe(frame.args?.length)
    } else if (frame.event === 'auth') await authenticate()
    else client.send(frame.event, ...frame.args ?? [])
  }
})

test.each([
  ['no origin, as of a program', { origin: '' }],
  ['a page of another site', { origin: 'https://shop.example.com' }],
  ['the panel’s name under another scheme', { origin: 'https://127.0.0.1' }],
])('a console is refused to %s', async (_, options) => {
  await expect(it.connect(options)).rejects.toThrow('Cannot open the console')
})

test('a console is opened for a page of an origin that the nodes were told of', async () => {
  it.emulator.settings.allowedOrigins.push('https://shop.example.com')
  const client = await it.connect({ origin: 'https://shop.example.com' })
  client.send('send stats')
  expect(await client.until('jwt error')).toEqual({
    event: 'jwt error',
    args: ['jwt: no jwt present'],
  })
})

test('the path of a console answers HTTP as Wings does', async () => {
  const unknown = '11111111-1111-4111-8111-111111111111'
  const path = (uuid: string) => `GET /api/servers/${uuid}/ws`
  expect(await it.call(path(unknown))).toMatchObject({
    status: 404,
    detail: 'The requested resource does not exist on this instance.',
  })
  expect(await it.call(path(UUID))).toMatchObject({ status: 400 })
})

test('a console says nothing before a token came, drops what is no frame, and stays open', async () => {
  const client = await it.connect()
  client.sendText('not json')
  client.sendText('{"event":"send logs","args":[7]}')
  client.send('set state', 'start')
  expect(await client.until('jwt error')).toEqual({
    event: 'jwt error',
    args: ['jwt: no jwt present'],
  })
  expect(client.frames).toEqual([])
  const { token } = await it.credentials()
  expect(await client.auth(token)).toEqual({ event: 'auth success' })
  expect(await client.until('status')).toEqual({ event: 'status', args: ['offline'] })
})

test('Wings joins the parts of a token, and takes it again and again', async () => {
  const { token } = await it.credentials()
  const client = await it.connect()
  client.send('auth', token.slice(0, 20), token.slice(20))
  await client.until('auth success')
  await client.until('stats')
  client.send('auth', token)
  client.send('send stats')
  const kinds = [await client.next(), await client.next()]
  expect(kinds.map(({ event }) => event)).toEqual(['auth success', 'stats'])
  const second = await it.connect()
  expect(await second.auth(token)).toEqual({ event: 'auth success' })
})

test.each<[string, Forgery, string]>([
  ['signed by another node', { secretOf: 2 }, UNEXPECTED],
  ['of no algorithm', { none: true }, UNEXPECTED],
  ['of another algorithm', { alg: 'HS512' }, UNEXPECTED],
  ['that is text', { text: 'abc' }, UNEXPECTED],
  ['whose time is over', { exp: -1 }, 'jwt: exp claim is invalid'],
  ['older than the daemon', { iat: -3600 }, 'jwt: created too far in past (denylist)'],
  ['without the right to connect', { permissions: ['control.start'] }, NO_CONNECT],
])('a console refuses a token %s', async (_, forgery, reason) => {
  const client = await it.connect()
  const { event, args } = await client.auth(await forge(forgery))
  expect(event).toBe(reason === UNEXPECTED ? 'daemon error' : 'jwt error')
  expect(args?.[0]).toMatch(/^Error Event \[[\da-f-]{36}\]: /)
  expect(args?.[0]?.split(']: ')[1]).toBe(reason)
  client.send('send stats')
  expect(await client.until('jwt error')).toMatchObject({ args: ['jwt: no jwt present'] })
})

test('a token of another server gets nothing from this one', async () => {
  it.addServer('svc_2', 2).uuid = '22222222-2222-4222-8222-222222222222'
  const { token } = await it.credentials(CUSTOMER_KEY, '22222222')
  const client = await it.connect()
  expect(await client.auth(token)).toEqual({ event: 'auth success' })
  expect(await client.until('jwt error')).toMatchObject({ args: ['jwt: server uuid mismatch'] })
  client.send('set state', 'start')
  expect(await client.until('jwt error')).toMatchObject({ args: ['jwt: server uuid mismatch'] })
  expect(await stateOf()).toBe('offline')
})

test('a console warns before its token ends and takes a new one in silence', async () => {
  const client = await it.connect()
  await client.auth((await it.credentials()).token)
  await client.until('stats')
  it.advance(9 * 60_000)
  expect(await client.until('token expiring')).toEqual({ event: 'token expiring' })
  expect(await client.auth((await it.credentials()).token)).toEqual({ event: 'auth success' })
  it.advance(5 * 60_000)
  client.send('send stats')
  expect(await client.until('stats')).toBeTruthy()
})

test('after its token ended a console gets the reason in the place of everything', async () => {
  const client = await it.connect()
  await client.auth((await it.credentials()).token)
  await client.until('stats')
  it.advance(601_000)
  const ended = { event: 'jwt error', args: ['jwt: exp claim is invalid'] }
  expect(await client.until('jwt error')).toEqual(ended)
  await it.call(`POST /api/client/servers/${SERVER}/power`, { body: { signal: 'start' } })
  expect(await client.until('jwt error')).toEqual(ended)
  expect(client.frames.filter(({ event }) => event !== 'jwt error')).toEqual([])
  client.send('auth', (await it.credentials()).token)
  await client.until('auth success')
  client.send('send stats')
  expect(await client.until('stats')).toBeTruthy()
})

test('a subuser sees and does what was allowed, and the rest is ignored in silence', async () => {
  const { key } = addUser(it, ['websocket.connect', 'control.stop'])
  await startServer(it)
  const client = await it.connect()
  const { token } = await it.credentials(key)
  await client.auth(token)
  client.send('send command', 'help')
  client.send('set state', 'restart')
  client.send('set state', 'start')
  client.send('send logs')
  const lines = await client.linesUntilAuth(token)
  expect(lines.at(-1)).toBe('Ready for players')
  expect(await stateOf()).toBe('running')
  client.send('set state', 'stop')
  expect(await client.until('status')).toMatchObject({ args: ['stopping'] })
  it.advance(5_000)
  expect(await client.until('status')).toMatchObject({ args: ['offline'] })
  expect(client.frames.filter(({ event }) => event === 'daemon error')).toEqual([])
})

test('only an administrator sees the output of an install, and why an order failed', async () => {
  const [owner, admin] = [await it.connect(), await it.connect()]
  await owner.auth((await it.credentials()).token)
  await admin.auth((await it.credentials(ADMIN_KEY)).token)
  await it.call('POST /api/application/servers/4/reinstall', { key: FULL_KEY })
  expect(await owner.until('install started')).toEqual({ event: 'install started', args: [''] })
  for (const client of [owner, admin]) client.send('set state', 'start')
  expect((await owner.until('daemon error')).args?.[0]).toContain(UNEXPECTED)
  expect((await admin.until('daemon error')).args?.[0]).toContain('server is currently installing')
  it.advance(10_000)
  expect(await admin.until('install output')).toMatchObject({ args: ['Fetching Cubecraft Server'] })
  expect(await admin.until('install completed')).toEqual({ event: 'install completed', args: [''] })
  const seen = [...owner.frames]
  await owner.until('install completed')
  expect(seen.some(({ event }) => event === 'install output')).toBe(false)
})

test('two power actions at once: the second is told to wait, by name', async () => {
  await startServer(it)
  const client = await it.connect()
  await client.auth((await it.credentials()).token)
  client.send('set state', 'stop')
  client.send('set state', 'start')
  expect((await client.until('daemon error')).args?.[0]).toContain(
    'another power action is currently being processed for this server, please try again later',
  )
})

test('a former owner loses the open console at once, the new owner gets one', async () => {
  const { user, key } = addUser(it)
  const client = await it.connect()
  const { token } = await it.credentials()
  await client.auth(token)
  await client.until('stats')
  it.advance(1)
  const body = { name: 'Mira survival', user: user.id, external_id: 'svc_88120' }
  await it.call('PATCH /api/application/servers/4/details', { key: FULL_KEY, body })
  const denied = 'jwt: created too far in past (denylist)'
  client.send('set state', 'start')
  expect(await client.until('jwt error')).toMatchObject({ args: [denied] })
  expect((await client.auth(token)).args?.[0]).toContain(denied)
  expect(await it.call(`GET /api/client/servers/${SERVER}/websocket`)).toMatchObject({
    status: 404,
  })
  const theirs = await it.connect()
  expect(await theirs.auth((await it.credentials(key)).token)).toEqual({ event: 'auth success' })
})

test('a subuser who is removed loses the open console', async () => {
  const { user, key } = addUser(it, ['websocket.connect'])
  const client = await it.connect()
  await client.auth((await it.credentials(key)).token)
  it.advance(1)
  await it.call(`DELETE /api/client/servers/${SERVER}/users/${user.uuid}`)
  client.send('send stats')
  expect(await client.until('jwt error')).toMatchObject({
    args: ['jwt: created too far in past (denylist)'],
  })
})

test('a console opens behind the server of the emulators too, its traffic watched', async () => {
  const now = () => new Date()
  const faults = createFaults({ now })
  const { watch } = createTraffic({ now, faults })
  const served = serve(
    { port: 0, hostname: '127.0.0.1' },
    watch('panel', (request) => emulator.fetch(request)),
  )
  const emulator = createPanelEmulator({
    url: served.url,
    applicationKey: FULL_KEY,
    accountKey: ADMIN_KEY,
    now,
    faults,
    state: it.emulator.snapshot(),
  })
  const answer = await fetch(`${served.url}/api/client/servers/${SERVER}/websocket`, {
    headers: { Authorization: `Bearer ${ADMIN_KEY}`, Accept: 'application/json' },
  })
  const { data: { socket, token } } = Credentials.parse(await answer.json())
  const client = await openConsole(socket, served.url)
  expect(await client.auth(token)).toEqual({ event: 'auth success' })
  client.send('set state', 'start')
  expect(await client.until('console output')).toBeTruthy()
  emulator.close()
  expect((await client.closed).code).toBe(1001)
  await served.stop()
})

test('a console closes with its server', async () => {
  const client = await it.connect()
  await it.call('DELETE /api/application/servers/4', { key: FULL_KEY })
  expect(await client.closed).toEqual({ code: 1001, reason: 'server deleted' })
  await expect(it.connect()).rejects.toThrow('Cannot open the console')
})

test('a node that is told to deny a token shows it nothing more, and takes the next one', async () => {
  const client = await it.connect()
  const { token } = await it.credentials()
  await client.auth(token)
  await client.until('stats')
  it.advance(1)
  const jtis = [decodeJwt(token).jti]
  const key = it.store.nodes.get(1).daemonToken
  await it.call(`POST /api/servers/${UUID}/ws/deny`, { key, body: { jtis } })
  client.send('send stats')
  expect(await client.next()).toMatchObject({
    event: 'jwt error',
    args: ['jwt: created too far in past (denylist)'],
  })
  it.advance(1_000)
  expect(await client.auth((await it.credentials()).token)).toEqual({ event: 'auth success' })
})

test('a daemon that starts anew refuses the tokens of before', async () => {
  const { token } = await it.credentials()
  it.advance(1)
  it.emulator.rebootWings(1)
  const client = await it.connect()
  expect((await client.auth(token)).args?.[0]).toContain('created too far in past')
  it.advance(1_000)
  expect(await client.auth((await it.credentials()).token)).toEqual({ event: 'auth success' })
})

test('the log is that of the present run, no more than 150 lines, and none while offline', async () => {
  const client = await it.connect()
  const { token } = await it.credentials()
  const readLog = async () => {
    client.send('send logs')
    return await client.linesUntilAuth(token)
  }
  await client.auth(token)
  await startServer(it)
  await it.credentials()
  await client.linesUntilAuth(token)
  for (let line = 0; line < 160; line++) client.send('send command', `line ${line}`)
  await client.linesUntilAuth(token)
  const log = await readLog()
  expect([log.length, log[0], log.at(-1)]).toEqual([150, '> line 10', '> line 159'])
  client.send('set state', 'stop')
  await client.until('status')
  it.advance(10_000)
  expect(await stateOf()).toBe('offline')
  await client.linesUntilAuth(token)
  expect(await readLog()).toEqual([])
  await startServer(it)
  await it.credentials()
  await client.linesUntilAuth(token)
  expect((await readLog())[0]).toContain('container@pterodactyl~')
})

test('the console page opens a console as a root admin, by nothing but its own script', async () => {
  it.store.servers.get(4).name = '"><script>alert(1)</script>'
  const page = await it.call(`GET /server/${SERVER}/console`)
  const text = String(page.body)
  expect(page.status).toBe(200)
  expect(text).not.toContain('<script>')
  const nonce = /script-src 'nonce-([\da-f-]+)'/.exec(
    page.headers.get('Content-Security-Policy') ?? '',
  )
  expect([...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag))
    .toEqual([`<script type="module" nonce="${nonce?.[1]}">`])
  const client = await it.connect()
  const token = /data-token="([\w.-]+)"/.exec(text)?.[1] ?? ''
  expect(await client.auth(token)).toEqual({ event: 'auth success' })
  client.send('set state', 'explode')
  expect((await client.until('daemon error')).args?.[0]).toContain('unknown power action')
  expect((await it.call('GET /server/absent00/console')).status).toBe(404)
})

test('the numbers of a running server come each second and follow from the clock alone', async () => {
  await startServer(it)
  const client = await it.connect()
  await client.auth((await it.credentials()).token)
  const first = Stats.parse(JSON.parse((await client.until('stats')).args?.[0] ?? ''))
  it.advance(1_000)
  const second = Stats.parse(JSON.parse((await client.until('stats')).args?.[0] ?? ''))
  expect(first).toMatchObject({ state: 'running', uptime: 10_000 })
  expect(second.uptime).toBe(11_000)
  expect(second.memory_bytes).not.toBe(first.memory_bytes)
  expect(second.memory_bytes).toBeLessThan(second.memory_limit_bytes)
  expect(second.memory_limit_bytes).toBe(4_505_600_000)
  client.send('send stats')
  expect(Stats.parse(JSON.parse((await client.until('stats')).args?.[0] ?? ''))).toEqual(second)
})

interface Forgery {
  secretOf?: number
  none?: boolean
  alg?: string
  text?: string
  /** In seconds from now. */
  exp?: number
  iat?: number
  permissions?: string[]
}

async function forge(forgery: Forgery): Promise<string> {
  const { secretOf = 1, none, alg = 'HS256', text, exp = 600, iat = 0, permissions = ['*'] } =
    forgery
  if (text !== undefined) return text
  const now = Date.parse('2026-11-23T16:28:03.000Z') / 1000
  const claims = {
    jti: 'any',
    iat: now + iat,
    exp: now + exp,
    server_uuid: UUID,
    permissions,
  }
  if (none) return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`
  const secret = new TextEncoder().encode(it.store.nodes.get(secretOf).daemonToken)
  return await new SignJWT(claims).setProtectedHeader({ alg }).sign(secret)
}

function encode(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

async function stateOf(): Promise<unknown> {
  const { body } = await it.call(`GET /api/client/servers/${SERVER}/resources`, { key: ADMIN_KEY })
  return State.parse(body).attributes.current_state
}

const State = z.object({ attributes: z.object({ current_state: z.string() }) })

function readTranscript() {
  const path = new URL('./fixtures/panel/samples/wings-websocket-transcript.json', import.meta.url)
  return Transcript.parse(JSON.parse(readFileSync(path, 'utf8'))).frames
}

const Transcript = z.object({
  frames: z.array(z.object({
    dir: z.enum(['c2s', 's2c']),
    frame: z.object({ event: z.string(), args: z.array(z.string()).optional() }),
  })),
})
