import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freePort } from '../dev/ports.ts'
import { shorten } from '../dev/stack/api_output.ts'
import { readSettings } from '../dev/stack/settings.ts'
import { openSnapshotFile } from '../dev/stack/snapshot_file.ts'
import { createClient } from './support/client.ts'

interface Stack {
  process: Deno.ChildProcess
  url: string
  /** All that was shown so far. */
  shown: () => string
  /** The value of a row of the table, without colours. */
  row: (name: string) => string
}

let folder: string
let dir: string
let stacks: Stack[]

beforeEach(async () => {
  folder = await Deno.makeTempDir({ prefix: 'spawnpoint-stack-test-' })
  dir = join(folder, '.dev')
  await Deno.mkdir(dir)
  stacks = []
})

afterEach(async () => {
  for (const { process } of stacks) {
    await stop(process, 'SIGINT')
  }
  await vi.waitFor(() => Deno.remove(folder, { recursive: true }), { timeout: 10_000 })
})

test(
  'deno task dev brings up the whole shop, keeps its data, and leaves nothing behind',
  async () => {
    const first = await start()
    await ready(first)
    await expectShop(first)
    expect(await diagnosed(first)).toEqual([])
    const password = first.row('Operator').split(/\s+/)[1] ?? ''
    expect(await roleOf(first, 'operator@example.com', password)).toBe('operator')
    expect(await roleOf(first, 'customer@example.com', password)).toBe('customer')
    expect(await start().then(ended)).toMatch(/^It is running already, at http:.*kill \d+\n$/)
    expect(await stop(first.process, 'SIGINT')).toBe(0)
    expect(await listening(first)).toEqual([])

    const startedAt = performance.now()
    const second = await start(Number(new URL(first.url).port))
    await ready(second)
    // 5 s on a machine that has nothing else to do; here other tests run beside
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(await roleOf(second, 'operator@example.com', password)).toBe('operator')
  },
  90_000,
)

test('deno task dev takes everything with it when it is killed', async () => {
  const stack = await start()
  await ready(stack)
  expect(await listening(stack)).toEqual([
    'Shop',
    'Stripe',
    'Panel',
    'Mailbox',
    'Control',
    'Database',
  ])
  await stop(stack.process, 'SIGKILL')
  await vi.waitFor(async () => expect(await listening(stack)).toEqual([]), { timeout: 8_000 })
}, 60_000)

test('deno task dev says in one sentence what to change', async () => {
  using taken = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const { port } = taken.addr
  const nobody = `mysql://nobody:secret@127.0.0.1:${freePort()}/shop`
  expect(await start(port).then(ended))
    .toMatch(new RegExp(`^Port ${port} is taken: choose another with PORT, for example PORT=`))
  const refused = await start(freePort(), { DATABASE_URL: nobody }).then(ended)
  expect(refused).toMatch(/^The database of DATABASE_URL at .* does not let us in \(.*REFUSED/)
  expect(refused).not.toContain('secret')
  expect(await start(freePort(), { DATABASE_URL: 'postgres://x' }).then(ended))
    .toMatch(/^DATABASE_URL must look like mysql:/)
})

test.each([
  [['--fresh'], {}, 'deno task dev knows only --reset, and was given --fresh'],
  [[], { PORT: 'eight' }, 'PORT must be a number'],
  [[], { PANEL_URL: 'https://panel.example' }, 'PANEL_URL is set without PANEL_API_KEY'],
  [[], { STRIPE_SECRET_KEY: 'sk_live_abc' }, 'STRIPE_SECRET_KEY is a live key'],
])('readSettings() refuses %j %j', (args, env, sentence) => {
  expect(() => readSettings(args, env)).toThrow(sentence)
})

test('readSettings() takes the real thing where it is named, one by one', () => {
  const settings = readSettings([], { STRIPE_SECRET_KEY: 'sk_test_abc', PORT: '9000' })
  expect(settings).toMatchObject({
    reset: false,
    publicUrl: 'http://localhost:9000',
    stripe: { secretKey: 'sk_test_abc' },
    panel: undefined,
    databaseUrl: undefined,
  })
})

test('shorten() shows what needs a person, and nothing else', () => {
  const entry = { ts: '2026-01-01T00:00:00Z', level: 'error', msg: 'no', orderId: 'ord_1' }
  expect(shorten(JSON.stringify({ ...entry, error: { message: 'why' } })))
    .toMatch(/error.* no: why .*orderId=ord_1/)
  expect(shorten(JSON.stringify({ ...entry, level: 'info' }))).toBeUndefined()
  expect(shorten('error: Uncaught TypeError')).toBe('error: Uncaught TypeError')
})

test('openSnapshotFile() gives back what was saved last, and says when it cannot', () => {
  const path = join(dir, 'state.json')
  let state = { n: 1 }
  const file = openSnapshotFile(path, () => state, () => {})
  expect(file.state).toBeUndefined()
  file.changed()
  state = { n: 2 }
  file.flush()
  expect(openSnapshotFile(path, () => state, () => {}).state).toEqual({ n: 2 })
  Deno.writeTextFileSync(path, '{ half')
  expect(() => openSnapshotFile(path, () => state, () => {}))
    .toThrow(/is damaged: start over with deno task dev --reset$/)
})

/** What the doctor, told nothing, finds broken in the shop that runs in this folder. */
async function diagnosed({ row }: Stack): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', join(import.meta.dirname ?? '', '../api/doctor/cli.ts')],
    cwd: folder,
    env: withoutOwnSettings(),
    clearEnv: true,
  }).output()
  const report = new TextDecoder().decode(stdout)
  expect(report).toContain(`ok   site.api`)
  expect(report).not.toContain(new URL(row('Database')).password)
  return report.split('\n').filter((line) => line.startsWith('fail'))
}

async function start(port = freePort(), env: Record<string, string> = {}): Promise<Stack> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', 'dev/main.ts'],
    env: { ...withoutOwnSettings(), DEV_DIR: dir, PORT: String(port), NO_COLOR: '1', ...env },
    clearEnv: true,
    stdin: 'null',
    stdout: 'piped',
    stderr: 'null',
  }).spawn()
  let text = ''
  const read = async () => {
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) text += chunk
  }
  read()
  const stack: Stack = {
    process,
    url: `http://localhost:${port}`,
    shown: () => text,
    row: (name) => text.match(new RegExp(`^  ${name} +(.*)$`, 'm'))?.[1] ?? '',
  }
  stacks.push(stack)
  return await Promise.resolve(stack)
}

/** The environment without what a person may have set to use a real account. */
function withoutOwnSettings(): Record<string, string> {
  const own =
    /^(DATABASE_URL|PUBLIC_URL|HOST|PORT|STRIPE_|PANEL_|MAIL_|SMTP_|RUN_JOBS|STATIC_DIR|AUTH_|JWT_)/
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !own.test(name)))
}

async function ready(stack: Stack): Promise<void> {
  await vi.waitFor(() => expect(stack.shown()).toContain('To try'), { timeout: 40_000 })
}

/** What was shown until the process ended by itself. */
async function ended({ process, shown }: Stack): Promise<string> {
  expect((await process.status).code).toBe(1)
  const steps = /^(Starting|Applying) .*\n/gm
  return shown().replaceAll(steps, '')
}

async function stop(process: Deno.ChildProcess, signal: Deno.Signal): Promise<number> {
  try {
    process.kill(signal)
  } catch {
    // it has ended already
  }
  return (await process.status).code
}

async function expectShop(stack: Stack): Promise<void> {
  const page = await text(stack.url)
  expect(page).toContain('src="/dev/reload.js"')
  const script = page.match(/src="(\/assets\/main-[^"]+\.js)"/)?.[1]
  expect(await text(stack.url + script)).not.toContain('<!doctype html>')
  const { body } = await createClient(stack.url).get('/api/plans')
  expect(body.plans.length).toBeGreaterThan(5)
  expect(await text(stack.row('Mailbox'))).toContain('No mails yet')
  expect(stack.shown()).not.toContain('NO MAIL IS SENT')
  expect(await text(stack.row('Control').split(' ')[0] ?? '')).toContain('Order a fault')
  expect(await text(stack.row('Panel').split(' ')[0] ?? '')).toContain('No servers yet')
}

async function text(url: string): Promise<string> {
  const response = await fetch(url)
  expect(response.status, url).toBe(200)
  return await response.text()
}

async function roleOf(stack: Stack, email: string, password: string): Promise<string> {
  const answer = await createClient(stack.url).post('/api/auth/login', { email, password })
  return answer.body.user?.role
}

/** What of the stack still accepts connections. */
async function listening(stack: Stack): Promise<string[]> {
  const names = ['Shop', 'Stripe', 'Panel', 'Mailbox', 'Control', 'Database']
  const open = await Promise.all(names.map((name) => accepts(Number(portOf(stack.row(name))))))
  return names.filter((_, at) => open[at])
}

function portOf(row: string): string {
  return row.match(/127\.0\.0\.1:(\d+)|localhost:(\d+)/)?.slice(1).find(Boolean) ?? ''
}

async function accepts(port: number): Promise<boolean> {
  try {
    const connection = await Deno.connect({ hostname: '127.0.0.1', port })
    connection.close()
    return true
  } catch {
    return false
  }
}
