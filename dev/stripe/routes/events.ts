import { Hono } from 'hono'
import type Stripe from 'stripe'
import { noSuch, ParameterFailure } from '../errors.ts'
import { answer, answerList, inRange, matches, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import { DAY } from '../time.ts'
import { pendingWebhooks, withPending } from '../webhooks.ts'
import type { Event } from '../wire.ts'

export function eventRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await read(c, ListEvents)
      if (params.type !== undefined && params.types) {
        throw new ParameterFailure('You may only specify one of these parameters: type, types.')
      }
      if (params.types && params.types.length > 20) {
        throw new ParameterFailure('You may ask for up to 20 types.', { param: 'types' })
      }
      const pending = pendingWebhooks(c.var.sandbox.store)
      const events = recentEvents(c.var.sandbox).filter((event) =>
        isOfType(event, params) && inRange(event.created, params.created) &&
        matches(params.delivery_success, !pending.has(event.id))
      )
      return answerList(c, events.map((event) => withPending(event, pending)))
    })
    .get('/:id', async (c) => {
      await read(c, RetrieveEvent)
      const id = c.req.param('id')
      const event = recentEvents(c.var.sandbox).find((event) => event.id === id)
      if (!event) throw noSuch('event', id)
      return answer(c, withPending(event, pendingWebhooks(c.var.sandbox.store)))
    })
}

/** How far back events can be read. */
const HORIZON = 30 * DAY

const ListEvents = operation<Stripe.EventListParams>('GET /v1/events').follows('all')
const RetrieveEvent = operation<Stripe.EventRetrieveParams>('GET /v1/events/{id}').follows('all')

function recentEvents({ store, now }: Sandbox): Event[] {
  return store.events.newestFirst().filter(({ created }) => created > now() - HORIZON)
}

/** `type` may be a group, as in `invoice.*`; `types` are whole names. */
function isOfType(event: Event, { type, types }: { type?: string; types?: string[] }): boolean {
  if (types) return types.includes(event.type)
  if (type?.endsWith('*')) return event.type.startsWith(type.slice(0, -1))
  return type === undefined || type === event.type
}
