import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { noSuch, ParameterFailure } from '../errors.ts'
import { answer, answerList, inRange, readParams } from '../http.ts'
import { boolean, list, paging, range, Retrieve, type Shape, text } from '../params.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { Store } from '../store.ts'
import { withPending } from '../webhooks.ts'
import type { Event } from '../wire.ts'

export function eventRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await readParams(c, ListEvents)
      if (params.type !== undefined && params.types) {
        throw new ParameterFailure('You may only specify one of these parameters: type, types.')
      }
      const { store } = c.var.sandbox
      const events = recentEvents(c.var.sandbox).filter((event) =>
        isOfType(event, params) && inRange(event.created, params.created) &&
        (params.delivery_success ?? isDelivered(store, event)) === isDelivered(store, event)
      )
      return answerList(c, events.map((event) => withPending(store, event)), params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      const id = c.req.param('id')
      const event = recentEvents(c.var.sandbox).find((event) => event.id === id)
      if (!event) throw noSuch('event', id)
      return answer(c, withPending(c.var.sandbox.store, event), expand)
    })
}

/** How far back events can be read. */
const HORIZON = 30 * 24 * 60 * 60

const ListEvents = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    delivery_success: boolean.optional(),
    type: text().optional(),
    types: list(text()).refine((types) => types.length <= 20, 'Up to 20 types').optional(),
  } satisfies Shape<Stripe.EventListParams>,
)

function recentEvents({ store, now }: Sandbox): Event[] {
  return store.events.newestFirst().filter(({ created }) => created > now() - HORIZON)
}

/** `type` may be a group, as in `invoice.*`; `types` are whole names. */
function isOfType(
  event: Event,
  { type, types }: { type?: string | undefined; types?: string[] | undefined },
): boolean {
  if (types) return types.includes(event.type)
  if (type?.endsWith('*')) return event.type.startsWith(type.slice(0, -1))
  return type === undefined || type === event.type
}

function isDelivered(store: Store, event: Event): boolean {
  return withPending(store, event).pending_webhooks === 0
}
