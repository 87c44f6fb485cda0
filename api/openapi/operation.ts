import type * as z from 'zod'
import type { ProblemCode } from '../problem.ts'

/** A route as `createApp(deps).routes` has it, without the patterns of its parameters. */
export type RouteName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

/** What each folder's operations.ts exports: its routes, in the order in which they are read. */
export type Operations = Record<RouteName, Operation>

/** The chapters of the reference, in its order. */
export const tags = {
  Plans: 'What is sold, at what price, and where there is room now. Needs no account.',
  Authentication: 'Getting in: cookies for the shop’s own pages, tokens for programs.',
  Account: 'The signed-in customer’s own account: profile, password, address, sessions.',
  Checkout: 'Paying: places an order and opens Stripe’s page for it.',
  Orders: 'What was bought, what happened to it and what comes next.',
  Servers: 'The game servers that were delivered.',
  Operators: 'Seeing what is wrong, and mending it. To everybody else there is nothing here: 404.',
  Operations: 'For whoever runs the shop: the doors of Stripe and of the load balancer.',
} as const

export type Tag = keyof typeof tags

/**
 * One route as the OpenAPI document tells it. Problems that every route of its kind can answer are
 * added by problems.ts: login-required for `session`, malformed-json, cross-site, body-too-large,
 * timeout and json-required for writes, validation-failed for a body, not-found for a parameter,
 * internal and unavailable for all.
 */
export interface Operation {
  /** Unique, camelCase, verb first: the method's name in generated clients, e.g. `cancelOrder`. */
  id: string
  /** A few words without a full stop: `Cancel an open order`. */
  summary: string
  /** Whole sentences, CommonMark: what it does, what may be repeated, what to do next. */
  description?: string
  tag: Tag
  /**
   * `session`: an access token, as a bearer token or in the browser's cookie. `operator`: that of an
   * operator; whoever has none is told that there is no such route.
   */
  auth: 'none' | 'session' | 'operator'
  params?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  /** The schema of requests.ts that the route validates with, and a body that passes it. */
  body?: { schema: z.ZodType; example: unknown }
  /** Status → what is answered when it succeeds. */
  answers: Record<number, Answer>
  /** Codes beyond those that every route of its kind has. */
  problems?: readonly ProblemCode[]
}

export interface Answer {
  description: string
  /** The schema of bodies.ts; absent when there is no body. */
  schema?: z.ZodType
  /** A body that passes `schema`; complete and lifelike, for people copy it. */
  example?: unknown
  /** When it is not application/json. */
  contentType?: string
  /** Name → what it says. */
  headers?: Record<string, string>
}
