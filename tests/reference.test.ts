import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeApi, entriesOf, operations } from '../api/openapi/document.ts'
import { problems } from '../api/problem.ts'
import { buildStorefront } from '../dev/build/storefront.ts'
import { STEPS } from '../dev/build/reference/five_minutes.ts'
import { sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop
let folder: string

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: 'spawnpoint-reference-' })
  await buildStorefront({ outdir: folder })
  shop = await startShop({ storefront: folder, runJobs: false })
})

afterAll(async () => {
  await shop.stop()
  await Deno.remove(folder, { recursive: true })
})

test('the document is served beside the API, and known again by its ETag', async () => {
  const answer = await fetch(`${shop.url}/api/openapi.json`)
  expect(answer.headers.get('content-type')).toContain('application/json')
  expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(describeApi())))
  const again = await fetch(`${shop.url}/api/openapi.json`, {
    headers: { 'if-none-match': answer.headers.get('etag') ?? '' },
  })
  await again.body?.cancel()
  expect(again.status).toBe(304)
})

test('the reference tells every operation, and needs neither script nor foreign host', async () => {
  const answer = await fetch(`${shop.url}/api/reference`)
  const page = await answer.text()
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
  for (const [, { id, summary }] of entriesOf(operations)) {
    expect(page).toContain(`id="${id}"`)
    expect(page).toContain(summary)
  }
  expect(page).not.toMatch(/<script|style=|<style|(?:src|href)="https?:/)
  const anchors = [...page.matchAll(/href="#([\w-]+)"/g)].map((match) => match[1] ?? '')
  const missing = anchors.filter((anchor) => !page.includes(`id="${anchor}"`))
  expect(missing).toEqual([])
})

test('the reference says of every problem what to do', async () => {
  const page = await (await fetch(`${shop.url}/api/reference`)).text()
  const missing = Object.keys(problems).filter((code) => !page.includes(`id="problem-${code}"`))
  expect(missing).toEqual([])
})

test('what else lies below /api stays the API’s', async () => {
  for (const path of ['/api/openapi.json.br', '/api/reference.html', '/api/']) {
    const answer = await fetch(shop.url + path)
    expect((await answer.json()).type).toBe('/problems/not-found')
  }
})

const hasCurl = await new Deno.Command('sh', { args: ['-c', 'curl --json x --version'] }).output()
  .then(({ success }) => success, () => false)

test.skipIf(!hasCurl)('“Five minutes” works as it is typed', async () => {
  await shop.customer('five@example.com')
  const env: Record<string, string> = {
    SHOP: shop.url,
    EMAIL: 'five@example.com',
    PASSWORD: 'correct horse battery',
    KEY: crypto.randomUUID(),
  }
  const [plans, tokens, order, follow, servers] = STEPS.map(({ command }) => command)
  expect(JSON.parse(await typed(plans, env)).plans.length).toBeGreaterThan(0)
  env.TOKEN = JSON.parse(await typed(tokens, env)).accessToken
  const placed = JSON.parse(await typed(order, env))
  env.ORDER = placed.orderId
  await shop.stripe.pay(await sessionOf(shop.db, placed.orderId))
  await shop.pass(60_000)
  expect(await typed(follow, env)).toMatch(/event: timeline[\s\S]*server\.active[\s\S]*event: end/)
  expect(JSON.parse(await typed(servers, env)).servers[0].address).toMatch(/:\d+$/)
})

async function typed(command: string | undefined, env: Record<string, string>): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command('bash', {
    args: ['-c', command ?? 'false'],
    env,
  }).output()
  expect(success, new TextDecoder().decode(stderr)).toBe(true)
  return new TextDecoder().decode(stdout)
}

test('search engines are told to leave what is personal, and may read the reference', async () => {
  const answer = await fetch(`${shop.url}/robots.txt`)
  expect(answer.headers.get('content-type')).toContain('text/plain')
  const text = await answer.text()
  for (const path of ['/api/', '/account', '/orders', '/servers']) {
    expect(text).toContain(`Disallow: ${path}\n`)
  }
  expect(text).toContain('Allow: /api/reference\n')
})
