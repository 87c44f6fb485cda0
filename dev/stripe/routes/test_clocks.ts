import { Hono } from 'hono'
import type Stripe from 'stripe'
import { advanceClock, createClock, deleteClock } from '../billing/clocks.ts'
import { answer, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { StripeEnv } from '../sandbox.ts'

export function testClockRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateTestClock)
      return answer(c, createClock(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.testClocks,
        list: ListTestClocks,
        retrieve: RetrieveTestClock,
      }),
    )
    .post('/:id/advance', async (c) => {
      const { frozen_time: to } = await read(c, AdvanceTestClock)
      return answer(c, advanceClock(c.var.sandbox, c.req.param('id'), to))
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteTestClock)
      return answer(c, deleteClock(c.var.sandbox, c.req.param('id')))
    })
}

const CreateTestClock = operation<Stripe.TestHelpers.TestClockCreateParams>(
  'POST /v1/test_helpers/test_clocks',
).follows(['frozen_time', 'name'])
const ListTestClocks = operation<Stripe.TestHelpers.TestClockListParams>(
  'GET /v1/test_helpers/test_clocks',
).follows(['ending_before', 'limit', 'starting_after'])
const RetrieveTestClock = operation<Stripe.TestHelpers.TestClockRetrieveParams>(
  'GET /v1/test_helpers/test_clocks/{id}',
).follows('all')
const AdvanceTestClock = operation<Stripe.TestHelpers.TestClockAdvanceParams>(
  'POST /v1/test_helpers/test_clocks/{id}/advance',
).follows('all')
const DeleteTestClock = operation<Stripe.TestHelpers.TestClockDeleteParams>(
  'DELETE /v1/test_helpers/test_clocks/{id}',
).follows('all')
