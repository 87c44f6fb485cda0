import { Hono } from 'hono'
import { answer, readParams } from '../http.ts'
import { Retrieve } from '../params.ts'
import type { StripeEnv } from '../sandbox.ts'

export function accountRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      const [account = {}] = c.var.sandbox.store.accounts.toJSON()
      return answer(c, account, expand)
    })
}
