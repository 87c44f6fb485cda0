import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loseReplies } from '../support/lost_replies.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp_proxy.ts'

const seed = Number(Deno.env.get('CHAOS_SEED') ?? Math.floor(Math.random() * 1e6))

let proxy: TcpProxy
let shop: Shop

beforeAll(async () => {
  proxy = await startTcpProxy(inject('databaseUrl'))
  shop = await startShop({ installMs: 1000, databaseServer: proxy.url })
})

afterAll(async () => {
  await shop.stop()
  await proxy.stop()
})

test('a line that loses the reply to 5 % of what was committed: 2000 orders, 2000 servers', async () => {
  console.log(`CHAOS_SEED=${seed}`)
  const lost = await loseReplies(shop, proxy, { seed, orders: 2000, share: 0.05 })
  console.log(JSON.stringify(lost))
  expect(lost.lostCommits).toBeGreaterThan(400)
})
