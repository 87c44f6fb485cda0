import * as z from 'zod'
import { describeAnswer } from './ask.ts'
import { type Check, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Our account at Stripe, and what our key may do there. */
export const stripeChecks: Check[] = [
  {
    id: 'stripe.key',
    what: 'Stripe',
    wanted: 'an answer to our key',
    mend:
      'Put a key of this account into STRIPE_SECRET_KEY: Stripe’s dashboard, Developers, API keys.',
    network: true,
    look: lookAtKey,
  },
  {
    id: 'stripe.account',
    what: 'The account at Stripe',
    wanted: 'one that may charge customers and be paid out',
    mend: 'Finish what Stripe’s dashboard asks of the account on its first page.',
    network: true,
    look: async ({ stripe }) => {
      const account = await stripe('/v1/account', Account)
      if (!account.charges_enabled) return fail('it may not charge customers')
      return account.payouts_enabled ? ok('it may') : warn('nothing is paid out to it')
    },
  },
  {
    id: 'stripe.permissions',
    what: 'What our key at Stripe may read',
    wanted: 'everything that the shop looks up',
    mend: 'Give the restricted key these resources in Stripe’s dashboard: Developers, API keys.',
    network: true,
    look: lookAtPermissions,
  },
  {
    id: 'stripe.clock',
    what: 'Our clock beside Stripe’s',
    wanted: 'within 30 s: a signature is good for 300 s',
    mend: 'Let NTP set the clock of this machine.',
    network: true,
    look: async ({ askStripe, now }) =>
      clockBeside(now(), (await askStripe('/v1/account')).headers),
  },
]

const Account = z.object({ charges_enabled: z.boolean(), payouts_enabled: z.boolean() })

async function lookAtKey({ askStripe }: Exam): Promise<Seen> {
  const answer = await askStripe('/v1/account')
  const { error } = Failure.safeParse(answer.json).data ?? {}
  if (answer.status === 200 && Account.safeParse(answer.json).success) return ok('it takes the key')
  if (answer.status === 401) return fail(`it refuses the key: ${error?.message ?? 'no reason'}`)
  if (answer.status === 403) {
    return warn(
      'it takes the key, but does not show it the account',
      'Let the restricted key read the account, so that the doctor can look at it.',
    )
  }
  if (error) return fail(`${answer.status}: ${error.message}`, 'Try again later.')
  return fail(
    `something else answers at STRIPE_API_URL: ${describeAnswer(answer)}`,
    'Remove STRIPE_API_URL, and let nothing stand between the shop and api.stripe.com.',
  )
}

const Failure = z.object({ error: z.object({ message: z.string() }) })

/** What the shop reads sooner or later, as the dashboard of Stripe calls it. */
const READ = {
  'Checkout Sessions': '/v1/checkout/sessions',
  Customers: '/v1/customers',
  Events: '/v1/events',
  Invoices: '/v1/invoices',
  PaymentIntents: '/v1/payment_intents',
  Prices: '/v1/prices',
  Products: '/v1/products',
  Refunds: '/v1/refunds',
  Subscriptions: '/v1/subscriptions',
  'Webhook Endpoints': '/v1/webhook_endpoints',
}

async function lookAtPermissions({ askStripe, setting }: Exam): Promise<Seen> {
  if (setting('STRIPE_SECRET_KEY').startsWith('sk_')) return ok('a secret key may do everything')
  const refused = (await Promise.all(
    Object.entries(READ).map(async ([name, path]) =>
      (await askStripe(`${path}?limit=1`)).status === 403 ? [name] : []
    ),
  )).flat()
  return refused.length ? fail(`not ${some(refused, 10)}`) : ok('all of it')
}

/** The difference to the time of an answer. */
export function clockBeside(now: Date, headers: Headers): Seen {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return skip('the answer says no time')
  const apart = Math.abs(now.getTime() - date)
  if (apart <= 30_000) return ok('in step')
  const seen = `${duration(apart)} apart`
  return apart > 240_000 ? fail(seen) : warn(seen)
}
