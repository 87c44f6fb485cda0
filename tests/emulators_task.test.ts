import { join } from 'node:path'
import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readSettings } from '../dev/emulators/settings.ts'
import { freePort } from '../dev/ports.ts'
import { serve } from './support/serve.ts'

interface Task {
  process: Deno.ChildProcess
  shown: () => string
  /** The value of a line that is ready to be pasted. */
  variable: (name: string) => string
}

let dir: string
let tasks: Task[]

beforeEach(async () => {
  dir = await Deno.makeTempDir({ prefix: 'spawnpoint-emulators-test-' })
  tasks = []
})

afterEach(async () => {
  await Promise.all(tasks.map(({ process }) => end(process)))
  await Deno.remove(dir, { recursive: true })
})

test(
  'deno task emulators serves Stripe, panel and mailbox to who pastes what it prints',
  async () => {
    const hook = serve()
    const types: string[] = []
    hook.handler = async (request) => {
      const secret = first.variable('STRIPE_WEBHOOK_SECRETS')
      const signature = request.headers.get('Stripe-Signature') ?? ''
      const event = await Stripe.webhooks.constructEventAsync(
        await request.text(),
        signature,
        secret,
      )
      types.push(event.type)
      return new Response(null)
    }
    const first = await start(['--dir', dir, '--webhook', hook.url])
    const stripe = sdkOf(first)
    const { id } = await stripe.customers.create({ email: 'ada@example.com' })
    await vi.waitFor(() => expect(types).toEqual(['customer.created']))
    const nodes = await fetch(`${first.variable('PANEL_URL')}/api/application/nodes`, {
      headers: {
        Authorization: `Bearer ${first.variable('PANEL_API_KEY')}`,
        Accept: 'application/json',
      },
    })
    expect((await nodes.json()).data.length).toBeGreaterThan(0)
    const mail = await fetch(`${first.variable('MAIL_API_URL')}/emails`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${first.variable('MAIL_API_KEY')}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        from: 'a@example.com',
        to: 'b@example.com',
        subject: 'Hi',
        html: '<p>Hi',
        text: 'Hi',
      }),
    })
    expect(mail.status).toBe(200)
    const control = /Control +(\S+)/.exec(first.shown())?.[1]
    const order = { on: { service: 'stripe' }, when: { first: 2 }, fault: 'drop-answer' }
    const ordered = await fetch(`${control}/rules`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(order),
    })
    expect(ordered.status).toBe(201)
    await expect(stripe.customers.retrieve(id)).rejects.toMatchObject({
      type: 'StripeConnectionError',
    })
    const { entries } = await (await fetch(`${control}/traffic`)).json()
    expect(entries).toContainEqual(expect.objectContaining({ title: 'POST /emails', status: 200 }))
    expect(await end(first.process)).toBe(0)
    await hook.stop()

    const second = await start(['--dir', dir])
    expect(await sdkOf(second).customers.retrieve(id)).toMatchObject({ email: 'ada@example.com' })
    expect(await run(['--dir', dir])).toMatch(/^It is running already, at http:.*kill \d+\n$/)
    await end(second.process)
    const fresh = await start(['--dir', dir, '--reset'])
    await expect(sdkOf(fresh).customers.retrieve(id)).rejects.toMatchObject({
      code: 'resource_missing',
    })
  },
  60_000,
)

test('deno task emulators --memory writes nothing', async () => {
  const task = await start(['--memory'], dir)
  await sdkOf(task).customers.create({ email: 'ada@example.com' })
  expect(await end(task.process)).toBe(0)
  expect([...Deno.readDirSync(dir)]).toEqual([])
}, 30_000)

test('deno task emulators says in one sentence what to change', async () => {
  using taken = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const { port } = taken.addr
  expect(await run(['--memory', '--panel-port', String(port)]))
    .toBe(`Port ${port} is taken: choose another with --panel-port\n`)
  await Deno.writeTextFile(join(dir, 'stripe.json'), '{ half')
  expect(await run(['--dir', dir])).toMatch(/stripe\.json is damaged/)
}, 30_000)

test.each([
  [['--fresh'], "Unknown option '--fresh': deno task emulators --help lists the flags"],
  [['stripe'], 'deno task emulators --help lists the flags'],
  [['--dir'], 'deno task emulators --help lists the flags'],
  [['--stripe-port', 'many'], '--stripe-port must be a number from 1 to 65535, and was many'],
  [
    ['--webhook', 'shop'],
    '--webhook must be an address that begins with http:// or https://: shop',
  ],
  [['--memory', '--dir', 'x'], '--memory keeps nothing: it goes with neither --dir nor --reset'],
])('readSettings() refuses %j', (args, sentence) => {
  expect(() => readSettings(args)).toThrow(sentence)
})

test('readSettings() needs nothing', () => {
  expect(readSettings([])).toMatchObject({
    help: false,
    reset: false,
    dir: expect.stringMatching(/\.dev.emulators$/),
    hostname: '127.0.0.1',
    ports: { stripe: 12111, panel: 8100, mailbox: 8025, control: 8090 },
    webhook: undefined,
  })
  expect(readSettings(['--memory', '--panel-port', '1']))
    .toMatchObject({ dir: undefined, ports: { panel: 1 } })
})

/** Starts it on free ports and waits until it is there. */
async function start(args: string[], cwd?: string): Promise<Task> {
  const task = spawn([...freePorts(), ...args], cwd)
  await vi.waitFor(() => expect(task.shown()).toContain('Ctrl-C'), { timeout: 20_000 })
  return task
}

/** What it showed until it ended by itself, refusing to start. */
async function run(args: string[]): Promise<string> {
  const task = spawn([...freePorts(), ...args])
  expect((await task.process.status).code).toBe(1)
  return await vi.waitFor(() => {
    expect(task.shown()).not.toBe('')
    return task.shown()
  })
}

/** A flag that comes later wins over them. */
function freePorts(): string[] {
  return ['stripe', 'panel', 'mailbox', 'control'].flatMap((name) => [
    `--${name}-port`,
    String(freePort()),
  ])
}

function spawn(args: string[], cwd?: string): Task {
  const program = join(import.meta.dirname ?? '.', '..', 'dev', 'emulators.ts')
  const process = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', program, ...args],
    env: { NO_COLOR: '1' },
    ...(cwd && { cwd }),
    stdin: 'null',
    stdout: 'piped',
    stderr: 'inherit',
  }).spawn()
  let text = ''
  const read = async () => {
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) text += chunk
  }
  read()
  const task: Task = {
    process,
    shown: () => text,
    variable: (name) => new RegExp(`^  ${name}=(.*)$`, 'm').exec(text)?.[1] ?? '',
  }
  tasks.push(task)
  return task
}

/** The SDK, made as the line says that is printed for it. */
function sdkOf({ shown }: Task): Stripe {
  const [, key = '', host = '', port = ''] =
    /new Stripe\('([^']*)', { host: '([^']*)', port: (\d+), protocol: 'http' }\)/.exec(shown()) ??
      []
  return new Stripe(key, { host, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 })
}

async function end(process: Deno.ChildProcess): Promise<number> {
  try {
    process.kill('SIGINT')
  } catch {
    // it has ended already
  }
  return (await process.status).code
}
