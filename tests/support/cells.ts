import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { RuleOrder } from '../../dev/faults/rule.ts'
import type { Client } from './client.ts'
import { failWrites, type WriteFault } from './database_faults.ts'
import { withholdWebhooks } from './faults.ts'
import { assertInvariants } from './invariants.ts'
import { settle } from './settle.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './shop.ts'

/** What the tests of a fault matrix share. */
export interface Bench {
  shop: Shop
  /** Somebody with an order that waits to be paid. */
  open(): Promise<Buyer>
  /** The same after the payment, which the shop knows of, and before anything is provisioned. */
  paid(): Promise<Buyer>
  /** The same with a server that runs. */
  delivered(): Promise<Buyer>
  /** From here on until the test ends no webhook comes. */
  payUnheard(buyer: Buyer): Promise<void>
  status(buyer: Buyer): Promise<string>
  /** The timeline's kinds, oldest first. */
  kinds(buyer: Buyer): Promise<string[]>
  /** Fails unless the order ends with one server that runs, and is not paid back. */
  expectDelivered(buyer: Buyer): Promise<void>
  /** How long it takes, by the clock, until the server runs; no more than `withinMs`. */
  msToServer(buyer: Buyer, withinMs: number): Promise<number>
  /** The database refuses the next `times` writes to a table, until the test ends. */
  failWrites(fault: Parameters<typeof failWrites>[1]): Promise<WriteFault>
  /** Orders a fault for the next `times` occasions. */
  fault(on: RuleOrder['on'], fault: RuleOrder['fault'], times?: number): { fired: number }
}

export interface Buyer {
  client: Client
  orderId: string
  sessionId: string
}

/** A shop, whose deadline is two hours, for the tests of one file; after each all ends well and the invariants hold. */
export function startBench(): Bench {
  let shop: Shop
  let writeFault: WriteFault | undefined
  beforeAll(async () => {
    shop = await startShop({ environment: { REFUND_AFTER: '2h' } })
  })
  afterEach(async () => {
    shop.intercept.stripe = undefined
    shop.intercept.panel = undefined
    shop.faults.clear()
    await writeFault?.cancel()
    await settle(shop)
    await assertInvariants(shop)
  })
  afterAll(() => shop.stop())

  async function open(): Promise<Buyer> {
    const client = await shop.customer()
    const { orderId } = await placeOrder(client)
    return { client, orderId, sessionId: await sessionOf(shop.db, orderId) }
  }
  const fault: Bench['fault'] = (on, fault, times = 1) =>
    shop.faults.order({ on, when: { first: times }, fault })
  async function payUnheard({ sessionId }: Buyer): Promise<void> {
    withholdWebhooks(shop)
    await shop.stripe.pay(sessionId)
  }

  async function rowOf({ orderId }: Buyer) {
    const [row] = await shop.db.query<{ status: string; server: string | null; n: number }>(
      `SELECT o.status, MAX(s.status) AS server, COUNT(s.id) AS n FROM orders o
        LEFT JOIN servers s ON s.order_id = o.id WHERE o.id = ? GROUP BY o.id, o.status`,
      [orderId],
    )
    return row
  }

  return {
    get shop() {
      return shop
    },
    open,
    async paid() {
      const buyer = await open()
      await payUnheard(buyer)
      const answer = await buyer.client.post(`/api/orders/${buyer.orderId}/sync`)
      expect(answer.body.order.status).toBe('paid')
      return buyer
    },
    async delivered() {
      const buyer = await open()
      await shop.stripe.pay(buyer.sessionId)
      await settle(shop)
      return buyer
    },
    payUnheard,
    status: async (buyer) => (await rowOf(buyer))?.status ?? 'absent',
    async kinds({ orderId }) {
      const rows = await shop.db.query<{ kind: string }>(
        'SELECT kind FROM order_events WHERE order_id = ? ORDER BY at, id',
        [orderId],
      )
      return rows.map((row) => row.kind)
    },
    async expectDelivered(buyer) {
      await settle(shop)
      expect(await rowOf(buyer)).toEqual({ status: 'provisioned', server: 'active', n: 1 })
    },
    msToServer: (buyer, withinMs) =>
      settle(shop, withinMs, async () => (await rowOf(buyer))?.status === 'provisioned'),
    failWrites: async (fault) => writeFault = await failWrites(shop.db, fault),
    fault,
  }
}
