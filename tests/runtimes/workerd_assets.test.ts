import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildStorefront } from '../../dev/build/storefront.ts'

/** Stands for the Worker: whatever reaches it says so. */
const WORKER = `export default { fetch: () => new Response('the Worker') }`

let folder: string
let miniflare: Miniflare
let url: URL

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: 'spawnpoint-assets-' })
  await buildStorefront({ outdir: folder })
  const patterns = await workerFirst()
  miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: WORKER }],
    compatibilityDate: '2026-07-01',
    assets: {
      directory: folder,
      routerConfig: {
        has_user_worker: true,
        static_routing: {
          user_worker: patterns.filter((pattern) => !pattern.startsWith('!')),
          asset_worker: patterns.filter((pattern) => pattern.startsWith('!'))
            .map((pattern) => pattern.slice(1)),
        },
      },
      assetConfig: { not_found_handling: 'single-page-application' },
    },
  })
  url = await miniflare.ready
})

afterAll(async () => {
  await miniflare.dispose()
  await Deno.remove(folder, { recursive: true })
})

test('on Workers what describes the API is a file, with the headers of a page', async () => {
  const document = await fetch(new URL('/api/openapi.json', url))
  expect(document.headers.get('content-type')).toMatch('application/json')
  expect(document.headers.get('etag')).toBeTruthy()
  expect(await document.json()).toMatchObject({ openapi: '3.1.0' })
  const page = await fetch(new URL('/api/reference', url))
  expect(page.headers.get('content-type')).toMatch('text/html')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(await page.text()).toContain('API reference')
})

test('the Worker is asked for the rest of the API and for health, and for no page', async () => {
  for (const path of ['/api/plans', '/api/openapi', '/api/orders/ord_1/events', '/healthz']) {
    expect(await (await fetch(new URL(path, url))).text()).toBe('the Worker')
  }
  for (const path of ['/', '/servers']) {
    expect(await (await fetch(new URL(path, url))).text()).toMatch(/^<!doctype html>/i)
  }
})

/** `run_worker_first` of wrangler.toml, as wrangler hands it to the router. */
async function workerFirst(): Promise<string[]> {
  const toml = await Deno.readTextFile('wrangler.toml')
  const [, list = ''] = /^run_worker_first = (\[.*\])$/m.exec(toml) ?? []
  return JSON.parse(list)
}
