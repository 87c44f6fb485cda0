import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { loseReplies, refuseStatements } from '../support/lost_replies.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp_proxy.ts'

const seed = Number(Deno.env.get('CHAOS_SEED') ?? Math.floor(Math.random() * 1e6))

let proxy: TcpProxy
let shop: Shop

beforeEach(async () => {
  proxy = await startTcpProxy(inject('databaseUrl'))
  shop = await startShop({ installMs: 1000, databaseServer: proxy.url })
})

afterEach(async () => {
  await shop.stop()
  await proxy.stop()
})

test('a line that loses the reply to 5 % of what was committed: 2000 orders, 2000 servers', async () => {
  console.log(`CHAOS_SEED=${seed}`)
  const lost = await loseReplies(shop, proxy, { seed, orders: 2000, share: 0.05 })
  console.log(JSON.stringify(lost))
  expect(lost.lostCommits).toBeGreaterThan(400)
})

test('each way to refuse a write, 200 times: nothing is half done, the webhook says 2xx or 503', async () => {
  console.log(`CHAOS_SEED=${seed}`)
  const errnos = [1213, 1205, 1020, 1290, 1836]
  const refused = await refuseStatements(shop, proxy, {
    seed,
    orders: 400,
    errnos,
    times: 200,
    share: 0.1,
  })
  console.log(JSON.stringify(refused))
  for (const errno of errnos) expect(refused[errno]).toBe(200)
})
