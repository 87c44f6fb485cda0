import { Hono } from 'hono'
import { answer } from '../http.ts'
import type { StripeEnv } from '../sandbox.ts'

/** The account of the key, which is all that the structure leaves out and a shop asks for. */
export function accountRoutes() {
  return new Hono<StripeEnv>()
    .get('/', (c) => {
      const [account = {}] = c.var.sandbox.store.accounts.toJSON()
      c.set('view', {})
      return answer(c, account)
    })
}
