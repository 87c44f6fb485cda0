import { expect, test } from 'vitest'
import { runDue } from '../api/jobs/run.ts'
import { forgetCircuit, panelAway } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { paidOrder, stateOf } from './support/money.ts'
import { placeOrder, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

test.each([10, -10])(
  'a process whose clock is %i minutes off ends, refunds and takes over nothing early',
  async (minutes) => {
    const shop = await startShop({ appAheadMs: minutes * MINUTE_MS })
    const stillThere = async (orderId: string, status: string) =>
      expect((await stateOf(shop, orderId)).order).toBe(status)

    const open = await placeOrder(await shop.customer())
    shop.clock.advance(30 * MINUTE_MS)
    await shop.sweep()
    await shop.drain()
    await stillThere(open.orderId, 'pending')

    const away = panelAway(shop)
    const paid = await paidOrder(shop)
    await shop.sweep()
    await shop.drain()
    shop.clock.advance(24 * HOUR_MS - 2 * MINUTE_MS)
    await shop.sweep()
    await shop.drain()
    await stillThere(paid.orderId, 'provisioning')
    away.cancel()
    await forgetCircuit(shop)

    // While one worker waits for the panel, another finds nothing to take over from it.
    const release = shop.panel.holdCreates()
    shop.clock.advance(MINUTE_MS)
    const first = runDue(shop.db, shop.deps)
    while (shop.panel.store.servers.rows.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await runDue(shop.deps.openDb(), shop.deps)
    release()
    await first
    await shop.pass(5 * MINUTE_MS)
    await stillThere(paid.orderId, 'provisioned')
    await stillThere(open.orderId, 'expired')
    expect(shop.panel.store.servers.rows).toHaveLength(1)
    const [{ lost } = { lost: 0 }] = await shop.db.query<{ lost: number }>(
      "SELECT COUNT(*) AS lost FROM counters WHERE name = 'fenced_write_lost_total'",
    )
    expect(lost).toBe(0)
    await assertInvariants(shop)
    await shop.stop()
  },
)
