import type { Patient } from '../../api/doctor/exam.ts'
import type { Clinic } from './clinic.ts'
import { inTime } from './clinic.ts'
import { STRIPE_KEY } from './environment.ts'

/** Something wrong with a shop, and the line by which the doctor has to name it. */
export interface Breakage {
  name: string
  finds: string
  seen: RegExp
  mend: RegExp
  /** What else is truly wrong then. */
  also?: string[]
  environment?: (clinic: Clinic) => Record<string, string> | Promise<Record<string, string>>
  surroundings?: (clinic: Clinic) => Partial<Patient>
  /** Breaks it, and gives what makes it whole again. */
  harm?: (clinic: Clinic) => Promise<() => unknown>
}

function configuration(): Breakage[] {
  return [
    {
      name: 'a webhook secret that is a placeholder',
      environment: () => ({ STRIPE_WEBHOOK_SECRETS: 'whsec_short' }),
      finds: 'config.complete',
      seen: /^STRIPE_WEBHOOK_SECRETS must hold only real endpoint secrets/,
      mend: /\.env\.example/,
    },
    {
      name: 'nobody who is told of alerts',
      environment: () => ({ ALERT_EMAIL: '' }),
      finds: 'alerts.told',
      seen: /^nobody$/,
      mend: /Set one of them/,
    },
    {
      name: 'variables that are missing',
      environment: () => ({ PANEL_API_KEY: '', AUTH_SECRET: '' }),
      finds: 'config.complete',
      seen: /^PANEL_API_KEY is missing.*AUTH_SECRET is missing/,
      mend: /\.env\.example/,
    },
    {
      name: 'no database named',
      environment: () => ({ DATABASE_URL: '' }),
      finds: 'config.complete',
      seen: /^DATABASE_URL is missing/,
      mend: /\.env\.example/,
      also: ['database.reachable'],
    },
    {
      name: 'a live key on http',
      environment: () => ({ STRIPE_SECRET_KEY: STRIPE_KEY.replace('test', 'live') }),
      finds: 'config.mode',
      seen: /a live key, but PUBLIC_URL is not https/,
      mend: /https/,
      also: ['stripe.key'],
    },
  ]
}

/** A statement that breaks something, and one that mends it. */
function statements(harm: string, undo: string): Breakage['harm'] {
  return async ({ shop: { db } }) => {
    await db.run(harm)
    return () => db.run(undo)
  }
}

function database(): Breakage[] {
  return [
    {
      name: 'a database that is away',
      environment: () => ({ DATABASE_URL: 'mysql://shop:secret@127.0.0.1:9/shop' }),
      finds: 'database.reachable',
      seen: /ECONNREFUSED|refused/,
      mend: /Start the database/,
    },
    {
      name: 'a wrong password of the database',
      environment: ({ environment: { DATABASE_URL = '' } }) => ({
        DATABASE_URL: DATABASE_URL.replace('canary', 'wrong'),
      }),
      finds: 'database.reachable',
      seen: /Access denied/,
      mend: /DATABASE_URL/,
    },
    {
      name: 'a database without tables',
      environment: async ({ shop, adminUrl }) => {
        await shop.db.run('CREATE DATABASE IF NOT EXISTS bare')
        await shop.db.run("GRANT ALL ON bare.* TO shop@'127.0.0.1'")
        return {
          DATABASE_URL: adminUrl.replace(/\/\/.*@/, '//shop:canary-database-0123456789@').replace(
            /[^/]+$/,
            'bare',
          ),
        }
      },
      finds: 'database.schema',
      seen: /no migration was ever applied/,
      mend: /deno task migrate/,
    },
    {
      name: 'a migration that was not applied',
      harm: statements(
        "UPDATE schema_migrations SET name = '0008_other.sql' WHERE name = '0008_accounts.sql'",
        "UPDATE schema_migrations SET name = '0008_accounts.sql' WHERE name = '0008_other.sql'",
      ),
      finds: 'database.schema',
      seen: /not applied: 0008_accounts\.sql/,
      mend: /deno task migrate/,
    },
    {
      name: 'a migration that was changed',
      harm: async ({ shop: { db } }) => {
        const [row] = await db.query<{ checksum: string }>(
          "SELECT checksum FROM schema_migrations WHERE name = '0003_orders.sql'",
        )
        const set = "UPDATE schema_migrations SET checksum = ? WHERE name = '0003_orders.sql'"
        await db.run(set, ['0'.repeat(64)])
        return () => db.run(set, [row?.checksum ?? ''])
      },
      finds: 'database.schema',
      seen: /changed after they were applied: 0003_orders\.sql/,
      mend: /Restore these files/,
    },
    {
      name: 'a schema of a newer version',
      harm: statements(
        `INSERT INTO schema_migrations (name, checksum, applied_at)
          VALUES ('9000_future.sql', REPEAT('0', 64), {now})`,
        "DELETE FROM schema_migrations WHERE name = '9000_future.sql'",
      ),
      finds: 'database.schema',
      seen: /newer than this version: 9000_future\.sql/,
      mend: /Deploy the version/,
    },
    {
      name: 'SQL that is not strict',
      harm: settingOf('sql_mode', "''"),
      finds: 'database.sql-mode',
      seen: /not strict/,
      mend: /STRICT_TRANS_TABLES/,
    },
    {
      name: 'a mode in which quoting can be broken out of',
      harm: settingOf('sql_mode', "'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'"),
      finds: 'database.sql-mode',
      seen: /NO_BACKSLASH_ESCAPES/,
      mend: /not NO_BACKSLASH_ESCAPES/,
    },
    {
      name: 'a time zone that is not UTC',
      harm: settingOf('time_zone', "'+02:00'"),
      finds: 'database.time-zone',
      seen: /UTC\+2/,
      mend: /\+00:00/,
    },
    {
      name: 'a clock that is ten minutes off',
      surroundings: ({ shop: { clock } }) => ({
        now: () => new Date(clock.now().getTime() + 600_000),
      }),
      finds: 'database.clock',
      seen: /10 min behind/,
      mend: /NTP/,
      also: ['stripe.clock', 'panel.clock', 'webhook.secrets'],
    },
    {
      name: 'transactions that read what is not there yet',
      harm: settingOf('tx_isolation', "'READ-UNCOMMITTED'"),
      finds: 'database.isolation',
      seen: /READ-UNCOMMITTED/,
      mend: /READ-COMMITTED/,
    },
    {
      name: 'a database that forgets in a crash',
      harm: settingOf('innodb_flush_log_at_trx_commit', '2'),
      finds: 'database.durability',
      seen: /^2$/,
      mend: /innodb_flush_log_at_trx_commit = 1/,
    },
    {
      name: 'addresses that are compared too kindly',
      harm: statements(
        `ALTER TABLE users MODIFY email VARCHAR(190) CHARACTER SET utf8mb4
          COLLATE utf8mb4_unicode_ci NOT NULL`,
        `ALTER TABLE users MODIFY email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL`,
      ),
      finds: 'database.collations',
      seen: /users\.email is utf8mb4_unicode_ci/,
      mend: /their migration/,
    },
    {
      name: 'the shop as the master of the database server',
      environment: ({ adminUrl }) => ({ DATABASE_URL: adminUrl }),
      finds: 'database.grants',
      seen: /on \*\.\*/,
      mend: /GRANT ALL ON its database/,
    },
    {
      name: 'a database over an open network',
      surroundings: () => ({ databaseHost: 'db.hoster.example' }),
      finds: 'database.tls',
      seen: /unencrypted/,
      mend: /TLS/,
    },
    {
      name: 'a database that only reads',
      harm: settingOf('read_only', '1'),
      finds: 'database.writes',
      seen: /takes no writes/,
      mend: /takes writes/,
    },
  ]
}

/** A setting of the server, for the connections that are made from now on. */
function settingOf(name: string, value: string): Breakage['harm'] {
  return async ({ shop: { db } }) => {
    const [row] = await db.query<{ value: string | number }>(
      `SELECT @@GLOBAL.${name} AS value`,
    )
    const before = row?.value ?? ''
    await db.run(`SET GLOBAL ${name} = ${value}`)
    return () =>
      db.run(`SET GLOBAL ${name} = ${typeof before === 'number' ? before : `'${before}'`}`)
  }
}

/** Answers some requests in place of whoever would, by method and the end of the address. */
function answering(
  answers: Record<string, (real: () => Promise<Response>) => Response | Promise<Response>>,
): Breakage['surroundings'] {
  return ({ shop }) => {
    const real = inTime(shop)
    return {
      fetch: async (input, init) => {
        const asked = `${init?.method ?? 'GET'} ${input}`
        const found = Object.entries(answers).find(([end]) => {
          const [method = '', path = ''] = end.split(' ')
          return asked.startsWith(`${method} `) && asked.split('?')[0]?.endsWith(path)
        })
        return found ? await found[1](() => real(input, init)) : await real(input, init)
      },
    }
  }
}

function html(text: string, status = 200): () => Response {
  return () => new Response(text, { status, headers: { 'content-type': 'text/html', ...SAFE } })
}

const SAFE = {
  'content-security-policy': "default-src 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

function redirect(to: string): () => Response {
  return () => new Response(null, { status: 301, headers: { location: to, ...SAFE } })
}

/** The same answer with something of its JSON changed. */
function withJson(change: Record<string, unknown>) {
  return async (real: () => Promise<Response>) => {
    const { status, headers, ...response } = await real().then(async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      json: await answer.json(),
    }))
    const list = response.json.data
    const json = list
      ? { ...response.json, data: list.map((one: object) => ({ ...one, ...change })) }
      : { ...response.json, ...change }
    return Response.json(json, { status, headers })
  }
}

const SHOP_FRONT = (script: string) =>
  `<!doctype html><html><body><div id="app"></div><script type="module" src="/assets/main-OLD.js">` +
  `</script><script>${script}</script></body></html>`

function site(): Breakage[] {
  return [
    {
      name: 'a page that sells through another backend',
      surroundings: answering({
        'GET /': html(
          SHOP_FRONT('fetch("https://abcdefgh.supabase.co/functions/v1/create-checkout")'),
        ),
        'GET /assets/main-OLD.js': () => new Response('fetch("/api/checkout/sessions")'),
      }),
      finds: 'site.script',
      seen: /another backend: https:\/\/abcdefgh\.supabase\.co/,
      mend: /Deploy the storefront/,
    },
    {
      name: 'a page whose script is gone',
      surroundings: answering({
        'GET /': html(SHOP_FRONT('')),
        'GET /assets/main-OLD.js': html('gone', 404),
      }),
      finds: 'site.script',
      seen: /script is not there: \/assets\/main-OLD\.js/,
      mend: /Deploy the storefront/,
    },
    {
      name: 'a parked domain',
      surroundings: answering({ 'GET /': html('<html>Buy this domain</html>') }),
      finds: 'site.page',
      seen: /not this storefront/,
      mend: /deno task build/,
      also: ['site.script'],
    },
    {
      name: 'an address that redirects',
      surroundings: answering({ 'GET /': redirect('https://www.shop.example/') }),
      finds: 'site.page',
      seen: /a redirect to https:\/\/www\.shop\.example\//,
      mend: /Set PUBLIC_URL/,
    },
    {
      name: 'a proxy that gives the page for the API too',
      surroundings: answering({ 'GET /api/plans': html('<html><div id="app"></div></html>') }),
      finds: 'site.api',
      seen: /not this shop answers \/api\/plans: 200 with text\/html/,
      mend: /Let \/api at PUBLIC_URL lead/,
    },
    {
      name: 'another shop behind the address',
      environment: async () => ({ JWT_PRIVATE_KEY: await newKey() }),
      finds: 'site.api',
      seen: /another shop of this kind/,
      mend: /same environment/,
    },
    {
      name: 'a page without its protection',
      surroundings: answering({
        'GET /': async (real) => {
          const answer = await real()
          answer.headers.delete('content-security-policy')
          return answer
        },
      }),
      finds: 'security.headers',
      seen: /without content-security-policy/,
      mend: /_headers/,
    },
    {
      name: 'an installer that was left open',
      surroundings: answering({ 'GET /install': html('<h1>Install</h1>') }),
      finds: 'security.installer',
      seen: /^\/install$/,
      mend: /Remove what answers/,
    },
    {
      name: 'a webhook route that is not there',
      surroundings: answering({ 'POST /api/stripe/webhook': html('<html>404</html>', 404) }),
      finds: 'webhook.reachable',
      seen: /not this shop answers: 404 with text\/html/,
      mend: /correct the proxy/,
    },
    {
      name: 'a webhook route behind a redirect',
      surroundings: answering({
        'POST /api/stripe/webhook': redirect('https://www.shop.example/api/stripe/webhook'),
      }),
      finds: 'webhook.reachable',
      seen: /Stripe follows none/,
      mend: /PUBLIC_URL/,
    },
    {
      name: 'a shop that was not started with the new secret',
      environment: () => ({ STRIPE_WEBHOOK_SECRETS: 'whsec_bmV3U2VjcmV0T2ZUaGlzVGVzdDEyMw' }),
      finds: 'webhook.secrets',
      seen: /refused: number 1 \(400\)/,
      mend: /Start the shop again/,
    },
  ]
}

export async function newKey(): Promise<string> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('Cannot test without a key pair')
  const { kty, crv, x, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return JSON.stringify({ kty, crv, x, d })
}

/** Posts to the emulator as somebody at Stripe's dashboard would. */
async function atStripe(
  clinic: Clinic,
  method: string,
  path: string,
  form?: Record<string, string>,
) {
  const answer = await fetch(clinic.environment.STRIPE_API_URL + path, {
    method,
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  })
  return await answer.json()
}

/** Changes the endpoint, and gives what changes it back. */
function endpoint(change: Record<string, string>, back: Record<string, string>): Breakage['harm'] {
  return async (clinic) => {
    const { data: [{ id, url }] } = await atStripe(clinic, 'GET', '/v1/webhook_endpoints')
    await atStripe(clinic, 'POST', `/v1/webhook_endpoints/${id}`, change)
    const whole = 'url' in back ? { ...back, url } : back
    return () => atStripe(clinic, 'POST', `/v1/webhook_endpoints/${id}`, whole)
  }
}

function stripe(): Breakage[] {
  return [
    {
      name: 'a wrong key of Stripe',
      environment: () => ({ STRIPE_SECRET_KEY: 'sk_test_51AnotherAccountsKeyAbCd' }),
      finds: 'stripe.key',
      seen:
        /refuses the key: Invalid API Key provided: sk_test_\*+AbCd|refuses the key: .*\[secret\]/,
      mend: /STRIPE_SECRET_KEY/,
    },
    {
      name: 'a Stripe that is away',
      environment: () => ({ STRIPE_API_URL: 'http://127.0.0.1:9' }),
      finds: 'stripe.key',
      seen: /no answer/,
      mend: /STRIPE_SECRET_KEY|Developers/,
      also: ['stripe.clock'],
    },
    {
      name: 'something else at the address of Stripe',
      surroundings: answering({ 'GET /v1/account': html('<html>login</html>') }),
      finds: 'stripe.key',
      seen: /something else answers at STRIPE_API_URL: 200 with text\/html/,
      mend: /Remove STRIPE_API_URL/,
    },
    {
      name: 'an account that may not charge',
      surroundings: answering({ 'GET /v1/account': withJson({ charges_enabled: false }) }),
      finds: 'stripe.account',
      seen: /may not charge/,
      mend: /dashboard/,
    },
    {
      name: 'a restricted key that may not see refunds',
      environment: () => ({ STRIPE_SECRET_KEY: 'rk_test_51ForTestsOnlyAbCdEfGh' }),
      surroundings: ({ shop }) => ({
        fetch: async (input, init) => {
          if (String(input).includes('/v1/refunds')) {
            return Response.json({ error: { message: 'not permitted' } }, { status: 403 })
          }
          const headers = new Headers(init?.headers)
          const isRestricted = headers.get('authorization')?.includes('rk_test_')
          if (isRestricted) headers.set('authorization', `Bearer ${STRIPE_KEY}`)
          return await inTime(shop)(input, { ...init, headers })
        },
      }),
      finds: 'stripe.permissions',
      seen: /not Refunds/,
      mend: /restricted key/,
    },
    {
      name: 'a clock that is apart from Stripe’s',
      surroundings: answering({
        'GET /v1/account': async (real) => {
          const answer = await real()
          const date = Date.parse(answer.headers.get('date') ?? '')
          answer.headers.set('date', new Date(date - 120_000).toUTCString())
          return answer
        },
      }),
      finds: 'stripe.clock',
      seen: /apart/,
      mend: /NTP/,
    },
    {
      name: 'an endpoint that leads elsewhere',
      harm: endpoint({ url: 'https://old.shop.example/hook?key=canary' }, {
        url: 'the one before',
      }),
      finds: 'webhook.endpoint',
      seen: /none; there are https:\/\/old\.shop\.example$/,
      mend: /Add it in Stripe’s dashboard/,
    },
    {
      name: 'an endpoint that is disabled',
      harm: endpoint({ disabled: 'true' }, { disabled: 'false' }),
      finds: 'webhook.enabled',
      seen: /^disabled$/,
      mend: /Enable the endpoint/,
    },
    {
      name: 'an endpoint without a type of event',
      harm: endpoint({ 'enabled_events[0]': 'invoice.paid' }, { 'enabled_events[0]': '*' }),
      finds: 'webhook.events',
      seen: /not checkout\.session\.completed/,
      mend: /Add the types/,
    },
    {
      name: 'an endpoint of another API version',
      surroundings: answering({
        'GET /v1/webhook_endpoints': withJson({ api_version: '2020-08-27' }),
      }),
      finds: 'webhook.version',
      seen: /2020-08-27/,
      mend: /Make a new endpoint/,
    },
    {
      name: 'two endpoints with the same address',
      harm: async (clinic) => {
        const { id } = await atStripe(clinic, 'POST', '/v1/webhook_endpoints', {
          url: `${clinic.environment.PUBLIC_URL}/api/stripe/webhook`,
          'enabled_events[0]': '*',
        })
        return () => atStripe(clinic, 'DELETE', `/v1/webhook_endpoints/${id}`)
      },
      finds: 'webhook.endpoint',
      seen: /2 with the same URL/,
      mend: /Delete all but one/,
    },
    {
      name: 'an event that never came',
      harm: moved('stripe_events', "type = 'checkout.session.completed'"),
      finds: 'events.missing',
      seen: /^1: evt_/,
      mend: /deno task orders replay/,
    },
    {
      name: 'no event at all',
      harm: moved('stripe_events', '1 = 1'),
      finds: 'events.received',
      seen: /none, though 1 checkout ended/,
      mend: /webhook\.endpoint/,
      also: ['events.missing'],
    },
    {
      name: 'an event that Stripe could not deliver',
      surroundings: ({ shop }) => ({
        fetch: async (input, init) => {
          const asked = String(input).replace('&delivery_success=false', '')
          return await inTime(shop)(asked, init)
        },
      }),
      finds: 'events.undelivered',
      seen: /evt_\w+ \(/,
      mend: /STRIPE_WEBHOOK_SECRETS/,
    },
    {
      name: 'events of the other mode',
      harm: statements(
        "UPDATE stripe_events SET flag = 'livemode' WHERE flag = 'unknown_type' LIMIT 2",
        "UPDATE stripe_events SET flag = 'unknown_type' WHERE flag = 'livemode'",
      ),
      finds: 'events.foreign',
      seen: /2 in live mode/,
      mend: /other mode/,
    },
    {
      name: 'an event that was given up',
      harm: statements(
        `UPDATE stripe_events SET status = 'dead', last_error = 'no such thing'
          WHERE type = 'checkout.session.completed'`,
        "UPDATE stripe_events SET status = 'done', last_error = NULL WHERE status = 'dead'",
      ),
      finds: 'events.stuck',
      seen: /evt_\w+ dead: no such thing/,
      mend: /replay/,
    },
  ]
}

/** Takes rows out of a table, and puts them back. */
function moved(table: string, which: string): Breakage['harm'] {
  return async ({ shop: { db } }) => {
    await db.run(`CREATE TABLE kept_aside AS SELECT * FROM ${table} WHERE ${which}`)
    await db.run(`DELETE FROM ${table} WHERE ${which}`)
    return async () => {
      await db.run(`INSERT INTO ${table} SELECT * FROM kept_aside`)
      await db.run('DROP TABLE kept_aside')
    }
  }
}

/** Changes rows at the emulated panel, and back. */
function atPanel<R extends object>(
  rows: (clinic: Clinic) => R[],
  change: Partial<R>,
): Breakage['harm'] {
  return (clinic) => {
    const before = rows(clinic).map((row) => [row, { ...row }] as const)
    for (const [row] of before) Object.assign(row, change)
    return Promise.resolve(() => before.forEach(([row, kept]) => Object.assign(row, kept)))
  }
}

function panel(): Breakage[] {
  return [
    {
      name: 'a wrong key of the panel',
      environment: () => ({ PANEL_API_KEY: 'ptla_AnotherPanelsKeyAbCdEfGhIjKlMnOpQrStUvWxYz1' }),
      finds: 'panel.reachable',
      seen: /401: Unauthenticated/,
      mend: /PANEL_API_KEY/,
    },
    {
      name: 'a panel that is away',
      environment: () => ({ PANEL_URL: 'http://127.0.0.1:9' }),
      finds: 'panel.reachable',
      seen: /no answer/,
      mend: /PANEL_URL/,
      also: ['panel.permissions'],
    },
    {
      name: 'a panel that has moved to https',
      surroundings: answering({
        'GET /api/application/nodes': redirect('https://panel.example/api/application/nodes'),
      }),
      finds: 'panel.reachable',
      seen: /a redirect to https:\/\/panel\.example/,
      mend: /Set PANEL_URL/,
    },
    {
      name: 'a page where the panel should be',
      surroundings: answering({ 'GET /api/application/nodes': html('<html>502</html>', 502) }),
      finds: 'panel.reachable',
      seen: /no panel answers there: 502 with text\/html/,
      mend: /PANEL_URL/,
    },
    {
      name: 'a panel that wants a second factor',
      harm: ({ shop }) => {
        shop.panel.settings.requireTwoFactor = 'admins'
        return Promise.resolve(() => shop.panel.settings.requireTwoFactor = 'nobody')
      },
      finds: 'panel.reachable',
      seen: /two-factor/,
      mend: /set two-factor authentication up/,
    },
    {
      name: 'a key of the panel that only reads',
      harm: permissions({ users: 1, servers: 1 }),
      finds: 'panel.permissions',
      seen: /may not write users, write servers/,
      mend: /application key with these permissions/,
    },
    {
      name: 'a key of the panel that may not see eggs',
      harm: permissions({ eggs: 0 }),
      finds: 'panel.permissions',
      seen: /may not read eggs/,
      mend: /application key with these permissions/,
    },
    {
      name: 'a budget of calls that is used up',
      surroundings: answering({
        'GET /api/application/nodes': async (real) => {
          const answer = await real()
          answer.headers.set('x-ratelimit-limit', '240')
          answer.headers.set('x-ratelimit-remaining', '7')
          return answer
        },
      }),
      finds: 'panel.rate-limit',
      seen: /7 of 240 left/,
      mend: /administrator of its own/,
    },
    {
      name: 'a circuit that was opened',
      harm: statements(
        `UPDATE panel_gate SET open_kind = 'configuration', reason = '401 Unauthenticated',
           open_since = {now}, probe_at = {now} + INTERVAL 5 MINUTE WHERE id = 1`,
        'UPDATE panel_gate SET open_kind = NULL, reason = NULL, open_since = NULL WHERE id = 1',
      ),
      finds: 'panel.circuit',
      seen: /open since .*401 Unauthenticated/,
      mend: /Mend what the reason says/,
    },
  ]
}

function permissions(change: Record<string, number>): Breakage['harm'] {
  return ({ shop: { panel: { store } }, environment }) => {
    const key = store.keys.rows.find(({ token }) => token === environment.PANEL_API_KEY)
    if (!key) throw new Error('Cannot take rights away as there is no key')
    const before = key.permissions
    key.permissions = { ...ALL_RIGHTS, ...change }
    return Promise.resolve(() => key.permissions = before)
  }
}

const ALL_RIGHTS = {
  servers: 3,
  nodes: 3,
  allocations: 3,
  users: 3,
  locations: 3,
  nests: 3,
  eggs: 3,
  database_hosts: 3,
  server_databases: 3,
}

function plans(): Breakage[] {
  return [
    {
      name: 'an egg that was renamed',
      harm: atPanel(
        ({ shop }) => shop.panel.store.eggs.rows.filter(({ name }) => name === 'Paper'),
        {
          name: 'Papier',
        },
      ),
      finds: 'plans.eggs',
      seen: /the panel has no egg "Paper"/,
      mend: /Import the egg again/,
    },
    {
      name: 'all nodes of a region in maintenance',
      harm: atPanel(({ shop }) => shop.panel.store.nodes.rows.slice(0, 1), { maintenance: true }),
      finds: 'plans.nodes',
      seen: /no node is open in/,
      mend: /end the maintenance/,
      also: ['plans.ports'],
    },
    {
      name: 'a region without a free port',
      harm: atPanel(({ shop }) => {
        const { allocations, nodes, servers } = shop.panel.store
        const [node] = nodes.rows
        const taken = new Set(servers.rows.map(({ allocationId }) => allocationId))
        return allocations.rows.filter(({ id, nodeId }) => nodeId === node?.id && !taken.has(id))
      }, { serverId: 1 }),
      finds: 'plans.ports',
      seen: /none in/,
      mend: /Add allocations/,
    },
    {
      name: 'a price that was archived',
      harm: async (clinic) => {
        const [row] = await clinic.shop.db.query<{ id: string }>(
          'SELECT stripe_price_id AS id FROM plan_prices ORDER BY plan_id, term, currency LIMIT 1',
        )
        await atStripe(clinic, 'POST', `/v1/prices/${row?.id}`, { active: 'false' })
        return () => atStripe(clinic, 'POST', `/v1/prices/${row?.id}`, { active: 'true' })
      },
      finds: 'plans.prices',
      seen: /no active price price_/,
      mend: /deno task catalog apply/,
    },
    {
      name: 'a plan that the check refuses',
      harm: statements(
        "UPDATE plans SET refused_reason = 'the panel has no such egg' WHERE id = 'rust-8gb'",
        'UPDATE plans SET refused_reason = NULL',
      ),
      finds: 'plans.sold',
      seen: /not rust-8gb: the panel has no such egg/,
      mend: /deno task catalog check/,
    },
    {
      name: 'a catalogue that was never applied',
      harm: statements('UPDATE plans SET listed = 0', 'UPDATE plans SET listed = 1'),
      finds: 'plans.sold',
      seen: /^nothing$/,
      mend: /deno task catalog apply/,
    },
  ]
}

function orders(): Breakage[] {
  const paidAt = '{now} - INTERVAL 1 HOUR'
  return [
    {
      name: 'an order that was paid and got no server',
      harm: statements(
        `UPDATE orders SET status = 'paid', paid_at = ${paidAt}, waiting_for = 'room'`,
        "UPDATE orders SET status = 'provisioned', waiting_for = NULL",
      ),
      finds: 'orders.undelivered',
      seen: /ord_\w+ \(waiting for room, 60 min\)/,
      mend: /deno task orders show ORDER.*retry.*refund/,
      also: ['invariant.reasons'],
    },
    {
      name: 'an order that nobody works on',
      harm: statements(
        "UPDATE orders SET status = 'paid', paid_at = {now} - INTERVAL 10 MINUTE",
        "UPDATE orders SET status = 'provisioned'",
      ),
      finds: 'invariant.reasons',
      seen: /without one: ord_/,
      mend: /deno task orders retry/,
    },
    {
      name: 'a refund that is overdue',
      harm: statements(
        `UPDATE orders SET status = 'provision_failed', paid_at = ${paidAt},
           refund_at = {now} - INTERVAL 20 MINUTE`,
        "UPDATE orders SET status = 'provisioned', refund_at = NULL",
      ),
      finds: 'orders.overdue',
      seen: /1: ord_/,
      mend: /deno task orders refund ORDER/,
      also: ['orders.undelivered', 'invariant.reasons'],
    },
    {
      name: 'money that differs from its order',
      harm: statements(
        "UPDATE orders SET status = 'needs_review'",
        "UPDATE orders SET status = 'provisioned'",
      ),
      finds: 'orders.review',
      seen: /1: ord_/,
      mend: /review ORDER --accept/,
    },
    {
      name: 'an order that stays open for ever',
      harm: statements(
        `INSERT INTO orders (id, user_id, status, plan_id, game_id, region_id, node_id, server_name,
           term, currency, unit_amount, stripe_price_id, bought, created_at, expires_at)
         SELECT 'ord_00000000000000000000000000', user_id, 'pending', plan_id, game_id, region_id,
           node_id, server_name, term, currency, unit_amount, stripe_price_id, bought,
           {now} - INTERVAL 3 HOUR, {now} - INTERVAL 2 HOUR FROM orders LIMIT 1`,
        "DELETE FROM orders WHERE id = 'ord_00000000000000000000000000'",
      ),
      finds: 'orders.open',
      seen: /1: ord_000/,
      mend: /deno task orders sweep/,
    },
    {
      name: 'an empty table of orders while Stripe has sold',
      harm: moved('orders', '1 = 1'),
      finds: 'orders.any',
      seen: /none, but 1 paid checkout session at Stripe/,
      mend: /site\.script/,
      also: ['invariant.paid-sessions', 'invariant.unpaid-servers'],
    },
    {
      name: 'a payment that its order does not know of',
      harm: statements(
        "UPDATE orders SET status = 'expired'",
        "UPDATE orders SET status = 'provisioned'",
      ),
      finds: 'invariant.paid-sessions',
      seen: /ord_\w+ is expired, but cs_test_\w+ is paid/,
      mend: /deno task orders sweep/,
    },
    {
      name: 'a server that vanished from the panel',
      harm: ({ shop: { panel: { store } } }) => {
        const [server] = store.servers.rows
        if (!server) throw new Error('Cannot remove the server as there is none')
        store.servers.remove(server)
        return Promise.resolve(() => store.servers.rows.push(server))
      },
      finds: 'invariant.servers',
      seen: /not at the panel: srv_\w+ of ord_/,
      mend: /attach/,
    },
    {
      name: 'a server that nobody paid for',
      harm: ({ shop: { panel: { store } }, shopId }) => {
        const [first] = store.servers.rows
        if (!first) throw new Error('Cannot copy a server as there is none')
        const externalId = `${shopId}-srv_${'0'.repeat(26)}`
        const copy = store.servers.insert((id) => ({ ...first, id, externalId }))
        return Promise.resolve(() => store.servers.remove(copy))
      },
      finds: 'invariant.unpaid-servers',
      seen: /of no order/,
      mend: /delete it there/,
    },
    {
      name: 'a delivery without a payment',
      harm: moved('payments', '1 = 1'),
      finds: 'invariant.money',
      seen: /ord_\w+ has no payment/,
      mend: /Stripe’s dashboard/,
    },
    {
      name: 'more money returned than came',
      harm: statements(
        `INSERT INTO refunds (id, payment_id, order_id, amount, currency, status, reason, created_at)
          SELECT 'rfd_00000000000000000000000000', id, order_id, amount + 1, currency, 'succeeded',
            'twice', {now} FROM payments LIMIT 1`,
        "DELETE FROM refunds WHERE id = 'rfd_00000000000000000000000000'",
      ),
      finds: 'invariant.money',
      seen: /got back more than it paid/,
      mend: /Stripe’s dashboard/,
    },
  ]
}

const NEW_JOB = `INSERT INTO jobs (id, name, payload, topic, status, run_at, attempts, created_at,
    lease_token, last_error)
  VALUES ('job_00000000000000000000000000', 'panel.snapshot', '{}', 'panel.snapshot:test', `

const NO_JOB = "DELETE FROM jobs WHERE id = 'job_00000000000000000000000000'"

function work(): Breakage[] {
  return [
    {
      name: 'nobody who drains the queue',
      harm: statements(
        `${NEW_JOB} 'ready', {now} - INTERVAL 7 MINUTE, 0, {now}, NULL, NULL)`,
        NO_JOB,
      ),
      finds: 'jobs.waiting',
      seen: /1, the oldest for 7 min/,
      mend: /RUN_JOBS=on/,
    },
    {
      name: 'a job that was given up',
      harm: statements(`${NEW_JOB} 'dead', {now}, 12, {now}, NULL, 'no such egg')`, NO_JOB),
      finds: 'jobs.dead',
      seen: /1 job: panel\.snapshot:test: no such egg/,
      mend: /deno task orders retry/,
    },
    {
      name: 'work that a dead process left',
      harm: statements(
        `${NEW_JOB} 'ready', {now} - INTERVAL 2 MINUTE, 1, {now}, REPEAT('x', 30), NULL)`,
        NO_JOB,
      ),
      finds: 'invariant.leases',
      seen: /1: panel\.snapshot:test/,
      mend: /RUN_JOBS=on/,
    },
    {
      name: 'a sweep that does not go through',
      harm: statements(
        `UPDATE sweeps SET last_success_at = last_success_at - INTERVAL 2 HOUR
          WHERE name = 'open-orders'`,
        `UPDATE sweeps SET last_success_at = last_success_at + INTERVAL 2 HOUR
          WHERE name = 'open-orders'`,
      ),
      finds: 'sweeps.recent',
      seen: /last through: open-orders \d+ (min|h) ago/,
      mend: /deno task orders sweep NAME/,
    },
    {
      name: 'an alert that nobody closed',
      harm: statements(
        `INSERT INTO alerts (id, kind, subject, open_key, detail, first_seen_at, last_seen_at,
           times_seen, confirmed_at)
         VALUES ('alr_00000000000000000000000000', 'orphan_payment', 'cs_test_1', 'x', '{}', {now},
           {now}, 1, {now})`,
        "DELETE FROM alerts WHERE id = 'alr_00000000000000000000000000'",
      ),
      finds: 'alerts.open',
      seen: /1: orphan_payment \(cs_test_1\)/,
      mend: /what each alert says/,
    },
    {
      name: 'no way for mails to leave',
      environment: () => ({
        ALERT_EMAIL: '',
        ALERT_WEBHOOK_URL: 'https://alerts.spawnpoint.test/x',
        MAIL_FROM: '',
        MAIL_API_KEY: '',
        MAIL_API_URL: '',
      }),
      finds: 'mail.provider',
      seen: /^none$/,
      mend: /Set MAIL_FROM/,
    },
    {
      name: 'mails that do not leave',
      harm: statements(
        `INSERT INTO outbox (id, user_id, to_email, template, cause_id, facts, created_at, last_error)
         VALUES ('mal_00000000000000000000000000', 'usr_1', 'a@example.com', 'welcome', 'test', '{}',
           {now} - INTERVAL 1 HOUR, '401 API key is invalid')`,
        "DELETE FROM outbox WHERE id = 'mal_00000000000000000000000000'",
      ),
      finds: 'mail.outbox',
      seen: /1 mail, the oldest for 60 min: 401 API key is invalid/,
      mend: /Mend what the error says/,
    },
    {
      name: 'a sender’s domain that vouches for nothing',
      environment: () => ({ MAIL_FROM: 'shop@spawnpoint-games.com' }),
      surroundings: () => ({
        resolveTxt: (name) =>
          Promise.resolve(name === 'spawnpoint-games.com' ? ['v=spf1 include:x.example ~all'] : []),
      }),
      finds: 'mail.dns',
      seen: /spawnpoint-games\.com has no DKIM, DMARC/,
      mend: /TXT records/,
    },
    {
      name: 'no backup that was ever restored',
      harm: moved('shop_settings', "name = 'restored_at'"),
      finds: 'backup.restored',
      seen: /^never$/,
      mend: /Restore a backup elsewhere/,
    },
    {
      name: 'a backup that was restored long ago',
      harm: async ({ shop: { db } }) => {
        const set =
          "UPDATE shop_settings SET value = {now} - INTERVAL ? DAY WHERE name = 'restored_at'"
        await db.run(set, [40])
        return () => db.run(set, [0])
      },
      finds: 'backup.restored',
      seen: /40 days ago/,
      mend: /Restore a backup elsewhere/,
    },
  ]
}

function keysAndLogs(): Breakage[] {
  return [
    {
      name: 'a key of two halves',
      environment: async ({ environment: { JWT_PRIVATE_KEY = '' } }) => {
        const { x, ...half } = JSON.parse(JWT_PRIVATE_KEY)
        return { JWT_PRIVATE_KEY: JSON.stringify({ ...half, x, d: JSON.parse(await newKey()).d }) }
      },
      finds: 'keys.jwt',
      seen: /its public half \(x\) is another key’s/,
      mend: /Make a new JWT_PRIVATE_KEY/,
    },
    {
      name: 'a key that is its own predecessor',
      environment: ({ environment: { JWT_PRIVATE_KEY = '' } }) => {
        const { kty, crv, x } = JSON.parse(JWT_PRIVATE_KEY)
        return { JWT_PREVIOUS_KEYS: JSON.stringify([{ kty, crv, x }]) }
      },
      finds: 'keys.jwt',
      seen: /JWT_PREVIOUS_KEYS has the key that signs now/,
      mend: /Remove it/,
    },
    {
      name: 'one secret for two things',
      environment: ({ environment: { PANEL_API_KEY = '' } }) => ({ AUTH_SECRET: PANEL_API_KEY }),
      finds: 'keys.secret',
      seen: /another variable’s secret/,
      mend: /Make AUTH_SECRET/,
    },
    {
      name: 'a library with a known hole',
      surroundings: () => ({
        libraries: () => Promise.resolve({ hono: '4.9.0', mysql2: '3.24.6' }),
      }),
      finds: 'security.libraries',
      seen: /with known holes: hono 4\.9\.0/,
      mend: /Update what is named/,
    },
    {
      name: 'an audit log that somebody corrected',
      harm: statements(
        "UPDATE audit_log SET actor = CONCAT(actor, 'x') WHERE action = 'user.create'",
        "UPDATE audit_log SET actor = LEFT(actor, 30) WHERE action = 'user.create'",
      ),
      finds: 'audit.chain',
      seen: /broken at seal 1: a row was changed/,
      mend: /Compare with a backup/,
    },
    {
      name: 'an audit log that somebody shortened',
      harm: moved('audit_log', "action = 'user.create'"),
      finds: 'audit.chain',
      seen: /broken at seal 1: \d+ rows? instead of \d+/,
      mend: /Compare with a backup/,
    },
    {
      name: 'an audit log that nobody seals',
      harm: statements(
        `INSERT INTO audit_log (id, at, actor, action, subject, detail)
          VALUES ('aud_00000000000000000000000000', {now} - INTERVAL 1 HOUR, 'cli', 'test', 'test', '{}')`,
        "DELETE FROM audit_log WHERE id = 'aud_00000000000000000000000000'",
      ),
      finds: 'audit.chain',
      seen: /1 row without a seal/,
      mend: /deno task orders sweep audit/,
    },
  ]
}

/** At the end, since it is made of what stands above. */
export const breakages: Breakage[] = [
  ...configuration(),
  ...database(),
  ...site(),
  ...stripe(),
  ...panel(),
  ...plans(),
  ...orders(),
  ...work(),
  ...keysAndLogs(),
]
