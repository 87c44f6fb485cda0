import * as z from 'zod'
import { type ProblemCode, problems } from '../problem.ts'
import type { Operation, RouteName } from './operation.ts'

/** RFC 9457, with what every problem of ours has. */
export const ProblemBody = z.looseObject({
  type: z.string().meta({ description: '`/problems/` and the code, which never changes.' }),
  title: z.string().meta({ description: 'What the code means; the same each time.' }),
  status: z.int().meta({ description: 'The status of the answer.' }),
  detail: z.string().optional().meta({
    description: 'What was wrong this time and what to do about it, for a person.',
  }),
  instance: z.string().meta({ description: 'The path that was asked.' }),
  requestId: z.string().meta({ description: 'Quote it when you write to support.' }),
  errors: z.array(z.object({
    pointer: z.string().meta({ description: 'A JSON pointer into the body: `#/options/EULA`.' }),
    detail: z.string(),
  })).optional().meta({ description: 'What is wrong with which field.' }),
}).meta({
  id: 'Problem',
  description: 'Why a request did not succeed. Some codes have members of their own.',
})

/** Every code that a route can answer, those of its kind included, by status. */
export function problemsOf(
  route: RouteName,
  operation: Operation,
): Map<number, ProblemCode[]> {
  const codes = new Set<ProblemCode>([...kindOf(route, operation), ...operation.problems ?? []])
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codes) {
    const [status] = problems[code]
    byStatus.set(status, [...byStatus.get(status) ?? [], code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** A problem as it looks on the wire. */
export function exampleOf(code: ProblemCode, route: RouteName): z.output<typeof ProblemBody> {
  const [status, title] = problems[code]
  return {
    type: `/problems/${code}`,
    title,
    status,
    ...EXAMPLES[code],
    instance: route.slice(route.indexOf('/')),
    requestId: 'req_01kc5y2q7r1s5t9v3w7x1y5z9b',
  }
}

const EXAMPLES: Partial<Record<ProblemCode, Partial<z.output<typeof ProblemBody>>>> = {
  'validation-failed': {
    detail: 'Check the fields named and send the request again.',
    errors: [{ pointer: '#/email', detail: 'Enter an address like name@example.com' }],
  },
  'rate-limited': { detail: 'Try again in 42 seconds.' },
  'region-full': { detail: 'There is room in Oslo.', regionsWithRoom: ['oslo'] },
  'order-not-open': {
    detail: 'It was paid, or it has ended. Look at the order for where it is.',
    orderId: 'ord_01kc5x9v3mqk8yw2tz4r6b7n1d',
  },
  'unavailable': { detail: 'Nothing was lost. Try again in a moment.' },
}

/** Stripe and the load balancer are not counted, and known by other means than a session. */
const UNGUARDED = /^(POST \/api\/stripe\/|GET \/(healthz|readyz|metrics)$)/

/** Programs get their tokens from wherever they run. */
const FROM_ANYWHERE = 'POST /api/auth/tokens'

function kindOf(route: RouteName, { auth, params, body }: Operation): ProblemCode[] {
  const guarded = !UNGUARDED.test(route)
  const writes = !route.startsWith('GET ')
  return [
    ...listIf(guarded && writes, ['body-too-large', 'timeout', 'json-required', 'malformed-json']),
    ...listIf(guarded && writes && route !== FROM_ANYWHERE, ['cross-site']),
    ...listIf(auth === 'session', ['login-required']),
    ...listIf(params !== undefined || auth === 'operator', ['not-found']),
    ...listIf(body !== undefined, ['validation-failed']),
    ...listIf(guarded, ['rate-limited']),
    'internal',
    'unavailable',
  ]
}

function listIf(condition: boolean, codes: ProblemCode[]): ProblemCode[] {
  return condition ? codes : []
}
