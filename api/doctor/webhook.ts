import { createHmac } from 'node:crypto'
import * as z from 'zod'
import { SHOP_MARK } from '../app.ts'
import { handledTypes } from '../payments/inbox.ts'
import { DOCTOR_PING } from '../payments/routes.ts'
import { STRIPE_API_VERSION } from '../payments/stripe.ts'
import { type Answer, describeAnswer, isRedirect, originOf } from './ask.ts'
import { type Check, count, fail, ok, type Seen, some, Undecided, warn } from './check.ts'
import type { Exam } from './exam.ts'

const PATH = '/api/stripe/webhook'

/** Stripe's way to tell us: the endpoint as Stripe knows it, and the door as it stands here. */
export const webhookChecks: Check[] = [
  {
    id: 'webhook.reachable',
    what: 'The webhook route',
    wanted: `400 from this shop to an unsigned POST ${PATH}`,
    mend: `Let POST ${PATH} at PUBLIC_URL reach the API: correct the proxy, or start the API.`,
    network: true,
    look: lookAtRoute,
  },
  {
    id: 'webhook.secrets',
    what: 'The webhook’s secrets',
    wanted: 'each of STRIPE_WEBHOOK_SECRETS taken by the running shop',
    mend: 'Start the shop again, with the same STRIPE_WEBHOOK_SECRETS as here.',
    network: true,
    look: lookAtSecrets,
  },
  {
    id: 'webhook.endpoint',
    what: 'The webhook endpoint at Stripe',
    wanted: `one endpoint with the URL of PUBLIC_URL and ${PATH}`,
    mend: 'Add it in Stripe’s dashboard (Developers, Webhooks), with the types that ' +
      'webhook.events wants, and put its secret into STRIPE_WEBHOOK_SECRETS.',
    network: true,
    look: lookAtEndpoint,
  },
  {
    id: 'webhook.enabled',
    what: 'Whether Stripe uses the endpoint',
    wanted: 'status enabled',
    mend: 'Enable the endpoint in Stripe’s dashboard: Developers, Webhooks.',
    network: true,
    look: async (exam) => {
      const { status } = await ourEndpoint(exam)
      return status === 'enabled' ? ok(status) : fail(status)
    },
  },
  {
    id: 'webhook.events',
    what: 'What the endpoint is sent',
    wanted: `at least ${[...handledTypes].join(', ')}`,
    mend:
      'Add the types that are named to the endpoint in Stripe’s dashboard: Developers, Webhooks.',
    network: true,
    look: async (exam) => {
      const { enabled_events: events } = await ourEndpoint(exam)
      const missing = [...handledTypes].filter((type) => !events.includes(type))
      if (events.includes('*') || missing.length === 0) return ok('all of them')
      return fail(`not ${missing.join(', ')}`)
    },
  },
  {
    id: 'webhook.version',
    what: 'The API version of the endpoint’s events',
    wanted: STRIPE_API_VERSION,
    mend:
      `Make a new endpoint with api_version ${STRIPE_API_VERSION}; that of one cannot be changed.`,
    network: true,
    look: async (exam) => {
      const { api_version: version } = await ourEndpoint(exam)
      return version === STRIPE_API_VERSION ? ok(version) : warn(version ?? 'the account’s own')
    },
  },
]

async function lookAtRoute(exam: Exam): Promise<Seen> {
  const answer = await exam.askShop(PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const foreign = notOurs(answer)
  if (foreign) return fail(foreign)
  // 429: we were asked too often, which is an answer of ours as well.
  if (answer.status === 400 || answer.status === 429) return ok(`${answer.status}, ours`)
  return fail(
    `this shop, but ${describeAnswer(answer)}`,
    answer.status === 404
      ? 'Deploy this version: the shop that runs has no such route.'
      : 'Read the shop’s log for the request, and see the database’s checks.',
  )
}

function notOurs(answer: Answer): string | undefined {
  if (answer.headers.has(SHOP_MARK)) return undefined
  if (isRedirect(answer)) {
    return `${describeAnswer(answer)}: Stripe follows none, so PUBLIC_URL must be where it leads`
  }
  return `not this shop answers: ${describeAnswer(answer)}`
}

/** One that is taken changes nothing and is kept nowhere. */
async function lookAtSecrets(exam: Exam): Promise<Seen> {
  const secrets = exam.setting('STRIPE_WEBHOOK_SECRETS')
  const answers = await Promise.all(secrets.map((secret) => ping(exam, secret)))
  if (answers.every(({ status }) => status === 200)) {
    return ok(`${count(secrets.length, 'secret')} taken`)
  }
  if (answers.some((answer) => notOurs(answer))) {
    throw new Undecided('the route does not answer: see webhook.reachable')
  }
  const refused = answers.flatMap(({ status }, i) =>
    status === 200 ? [] : [`number ${i + 1} (${status})`]
  )
  return fail(`refused: ${some(refused)}`)
}

async function ping(exam: Exam, secret: string): Promise<Answer> {
  const seconds = Math.floor(exam.now().getTime() / 1000)
  const body = JSON.stringify({
    id: 'evt_doctor',
    object: 'event',
    type: DOCTOR_PING,
    created: seconds,
    livemode: false,
    data: { object: {} },
  })
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return await exam.askShop(PATH, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': `t=${seconds},v1=${signature}`,
    },
    body,
  })
}

const Endpoint = z.object({
  id: z.string(),
  url: z.string(),
  status: z.string(),
  enabled_events: z.array(z.string()),
  api_version: z.string().nullable(),
})

async function endpoints(exam: Exam) {
  const all = await exam.stripeList('/v1/webhook_endpoints', Endpoint)
  const url = exam.setting('PUBLIC_URL') + PATH
  return { all, ours: all.filter((endpoint) => endpoint.url === url) }
}

async function lookAtEndpoint(exam: Exam): Promise<Seen> {
  const { all, ours } = await endpoints(exam)
  const enabled = ours.filter(({ status }) => status === 'enabled')
  if (enabled.length > 1) {
    return warn(
      `${enabled.length} with the same URL: each event comes ${enabled.length} times`,
      'Delete all but one in Stripe’s dashboard, and keep its secret in STRIPE_WEBHOOK_SECRETS.',
    )
  }
  if (ours.length) return ok('there')
  const host = new URL(exam.setting('PUBLIC_URL')).host
  const others = some(all.map(({ url }) => placeOf(url, host)))
  return fail(others ? `none; there are ${others}` : 'none')
}

/** The path too where it is ours; that of somebody else's may be all the secret it has. */
function placeOf(url: string, ourHost: string): string {
  const { host, origin } = URL.parse(url) ?? {}
  return host === ourHost ? originOf(url) : origin ?? 'something that is no URL'
}

async function ourEndpoint(exam: Exam) {
  const { ours } = await endpoints(exam)
  const endpoint = ours.find(({ status }) => status === 'enabled') ?? ours[0]
  if (!endpoint) throw new Undecided('Stripe has no endpoint of ours: see webhook.endpoint')
  return endpoint
}
