import * as z from 'zod'

/** The emulators that faults are ordered at. */
export const SERVICES = ['stripe', 'panel', 'mailbox'] as const
export type Service = typeof SERVICES[number]

const Ms = z.int().min(1).max(3_600_000)
const Seconds = z.int().min(1).max(86_400)
const ErrorStatus = z.int().min(400).max(599)
/** What Wings is known to answer, or what stands before it. */
const WingsStatus = z.literal([400, 401, 403, 404, 409, 422, 500, 502, 503, 504])

/** Everything that can be ordered to go wrong, by name. What each does stands in `faultFacts`. */
export const Fault = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('refuse') }),
  z.strictObject({ name: z.literal('time-out') }),
  z.strictObject({ name: z.literal('drop-answer') }),
  z.strictObject({
    name: z.literal('status'),
    status: ErrorStatus,
    /** The service's own: `code` of Stripe and of the panel, `name` of the mail provider. */
    code: z.string().min(1).optional(),
    message: z.string().min(1).optional(),
    /** The field it is about: `param` of Stripe, `source_field` of the panel. */
    field: z.string().min(1).optional(),
  }),
  z.strictObject({ name: z.literal('html'), status: z.int().min(200).max(599).default(502) }),
  z.strictObject({ name: z.literal('malformed-body') }),
  z.strictObject({ name: z.literal('huge-body'), bytes: z.int().min(1).max(1_000_000_000) }),
  z.strictObject({ name: z.literal('slow-body'), ms: Ms }),
  z.strictObject({ name: z.literal('rate-limit'), seconds: Seconds.default(60) }),
  z.strictObject({ name: z.literal('key-revoked') }),
  z.strictObject({
    name: z.literal('node-full'),
    of: z.enum(['memory', 'ports']).default('memory'),
  }),
  z.strictObject({
    name: z.literal('lost-race'),
    field: z.enum(['external_id', 'allocation_id']),
  }),
  z.strictObject({ name: z.literal('roll-back'), seconds: Seconds.default(10) }),
  z.strictObject({ name: z.literal('wings-down') }),
  z.strictObject({ name: z.literal('wings-refuses'), status: WingsStatus.default(500) }),
  z.strictObject({ name: z.literal('install-fails') }),
  z.strictObject({ name: z.literal('install-never-ends') }),
  z.strictObject({ name: z.literal('duplicate'), times: z.int().min(2).max(1000).default(2) }),
  z.strictObject({ name: z.literal('reorder'), among: z.int().min(2).max(1000).default(2) }),
  z.strictObject({ name: z.literal('delay'), ms: Ms }),
  z.strictObject({ name: z.literal('withhold') }),
  z.strictObject({ name: z.literal('wrong-signature') }),
  z.strictObject({
    name: z.literal('rolled-secret'),
    signatures: z.enum(['former', 'two']).default('two'),
  }),
])
export type Fault = z.output<typeof Fault>
export type FaultName = Fault['name']

interface FaultFacts {
  /** Where in the work of the emulator it strikes; decides what a rule may name. */
  at: 'call' | 'key' | 'create' | 'wings' | 'install' | 'webhook'
  services: readonly Service[]
  says: string
}

/** Where each fault strikes, at which services, and what it does. */
export const faultFacts = {
  refuse: {
    at: 'call',
    services: SERVICES,
    says: 'The connection closes without an answer; nothing was done.',
  },
  'time-out': {
    at: 'call',
    services: SERVICES,
    says: 'No answer, until the caller gives up; nothing was done.',
  },
  'drop-answer': {
    at: 'call',
    services: SERVICES,
    says: 'All is done, and then the connection closes without an answer.',
  },
  status: {
    at: 'call',
    services: SERVICES,
    says: 'An error with this status in the words of the service; nothing was done.',
  },
  html: {
    at: 'call',
    services: SERVICES,
    says: 'A page of HTML, as a proxy in front of the service answers; nothing was done.',
  },
  'malformed-body': {
    at: 'call',
    services: SERVICES,
    says: 'All is done, and the answer is cut in its middle: no JSON.',
  },
  'huge-body': {
    at: 'call',
    services: SERVICES,
    says: 'All is done, and the answer goes on for so many bytes; it stays JSON.',
  },
  'slow-body': {
    at: 'call',
    services: SERVICES,
    says: 'All is done; the head of the answer comes at once, its body piece by piece.',
  },
  'rate-limit': {
    at: 'call',
    services: SERVICES,
    says: 'This call and all that the rule is for are answered 429 until the seconds are over.',
  },
  'key-revoked': {
    at: 'key',
    services: ['panel'],
    says: 'The key is not known any more: 401.',
  },
  'node-full': {
    at: 'create',
    services: ['panel'],
    says: 'No node has room for the new server: no memory, or no free port.',
  },
  'lost-race': {
    at: 'create',
    services: ['panel'],
    says: 'Another request takes the external id or the port between check and insert: 500.',
  },
  'roll-back': {
    at: 'create',
    services: ['panel'],
    says: 'A proxy answers 504; the server is there, and after the seconds it is gone.',
  },
  'wings-down': {
    at: 'wings',
    services: ['panel'],
    says: 'The node does not answer: 504, and the panel takes back what it began.',
  },
  'wings-refuses': {
    at: 'wings',
    services: ['panel'],
    says: 'The node answers with this status, and the panel passes it on.',
  },
  'install-fails': {
    at: 'install',
    services: ['panel'],
    says: 'The installation ends as failed.',
  },
  'install-never-ends': {
    at: 'install',
    services: ['panel'],
    says: 'The installation runs on for ever.',
  },
  duplicate: {
    at: 'webhook',
    services: ['stripe'],
    says: 'The event is sent so many times, at once.',
  },
  reorder: {
    at: 'webhook',
    services: ['stripe'],
    says: 'Events are kept until so many have come, and are sent newest first, one by one.',
  },
  delay: {
    at: 'webhook',
    services: ['stripe'],
    says: 'The event is sent later.',
  },
  withhold: {
    at: 'webhook',
    services: ['stripe'],
    says: 'The event is not sent until the rule is cancelled.',
  },
  'wrong-signature': {
    at: 'webhook',
    services: ['stripe'],
    says: 'The event is signed with a secret that nobody knows.',
  },
  'rolled-secret': {
    at: 'webhook',
    services: ['stripe'],
    says: 'The event is signed as after a roll: with the former secret alone, or with two.',
  },
} as const satisfies Record<FaultName, FaultFacts>

export type Point = FaultFacts['at']

/** The faults that strike at a point. */
export type FaultAt<P extends Point> = Fault & {
  name: { [N in FaultName]: (typeof faultFacts)[N]['at'] extends P ? N : never }[FaultName]
}
