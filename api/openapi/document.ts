import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { operations as accounts } from '../accounts/operations.ts'
import { operations as admin } from '../admin/operations.ts'
import { operations as checkout } from '../checkout/operations.ts'
import { operations as health } from '../operations.ts'
import { operations as orders } from '../orders/operations.ts'
import { operations as payments } from '../payments/operations.ts'
import { operations as plans } from '../plans/operations.ts'
import { operations as servers } from '../servers/operations.ts'
import { type Answer, type Operation, type Operations, type RouteName, tags } from './operation.ts'
import { exampleOf, ProblemBody, problemsOf } from './problems.ts'

/** Changes with the contract: its first number when a program that works would stop working. */
const VERSION = '1.0.0'

/** Every route of the shop, described. */
export const operations: Operations = {
  ...plans,
  ...accounts,
  ...checkout,
  ...orders,
  ...servers,
  ...payments,
  ...admin,
  ...health,
}

export type OpenApiDocument = ReturnType<typeof createDocument>

/** The OpenAPI 3.1 document of the API, made of the schemas that validate. */
export function describeApi(): OpenApiDocument {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Spawnpoint',
      version: VERSION,
      summary: 'The storefront of a game-server host.',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This shop.' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `accessToken` of `POST /api/auth/tokens`, good for 10 minutes.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-at',
          description: 'Set by `POST /api/auth/login`; called `at` where a shop is not on https. ' +
            'Writes with it must come from the shop’s own pages.',
        },
      },
    },
    paths: pathsOf(operations),
  }, { override: plainer })
}

/**
 * Leaves out what programs are better off without: that answers never get another property, patterns
 * for what `format` says, the bounds of JavaScript's integers, a second schema for `null`.
 */
const plainer: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (io === 'output' && jsonSchema.additionalProperties === false) {
    delete jsonSchema.additionalProperties
  }
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  const [schema, none] = jsonSchema.anyOf ?? []
  if (!schema || !('type' in schema) || schema.enum || !none || !('type' in none)) return
  if (none.type !== 'null' || typeof schema.type !== 'string') return
  delete jsonSchema.anyOf
  Object.assign(jsonSchema, schema, { type: [schema.type, 'null'] })
}

const INTRODUCTION = `Everything the shop's own pages do. A program gets tokens from
\`POST /api/auth/tokens\` and sends the access token along; bodies are JSON, money is in minor units,
times are UTC. Requests may have no key that is not described; answers may get new ones, so ignore
what you do not know. What fails answers with a problem (RFC 9457) whose \`type\` says which.`

function pathsOf(all: Operations): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const [route, operation] of entriesOf(all)) {
    const [method = '', path = ''] = route.split(' ')
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: toOperation(route, operation) }
  }
  return paths
}

/** The routes with their descriptions; `Object.entries` forgets what the keys are. */
export function entriesOf(all: Operations): [RouteName, Operation][] {
  return Object.entries(all).filter((entry): entry is [RouteName, Operation] =>
    entry[0].includes(' /')
  )
}

function toOperation(route: RouteName, operation: Operation): ZodOpenApiOperationObject {
  const { id, summary, description, tag, auth, params, query, headers, body } = operation
  return {
    operationId: id,
    summary,
    ...(description ? { description } : {}),
    tags: [tag],
    security: auth === 'none' ? [] : [{ bearer: [] }, { cookie: [] }],
    requestParams: {
      ...(params ? { path: params } : {}),
      ...(query ? { query } : {}),
      ...(headers ? { header: headers } : {}),
    },
    ...(body
      ? {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: body.schema, example: body.example } },
        },
      }
      : {}),
    responses: { ...answersOf(operation), ...problemAnswersOf(route, operation) },
  }
}

function answersOf({ answers }: Operation): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, toResponse(answer)]),
  )
}

function toResponse({ description, schema, example, contentType, headers }: Answer) {
  const content = schema
    ? { content: { [contentType ?? 'application/json']: { schema, example } } }
    : {}
  return { description, ...content, ...(headers ? { headers: toHeaders(headers) } : {}) }
}

function problemAnswersOf(route: RouteName, operation: Operation): ZodOpenApiResponsesObject {
  const entries = [...problemsOf(route, operation)].map(([status, codes]) => [status, {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: ProblemBody,
        examples: Object.fromEntries(
          codes.map((code) => [code, { value: exampleOf(code, route) }]),
        ),
      },
    },
    ...(status === 429 || status === 503
      ? { headers: toHeaders({ 'Retry-After': 'Seconds to wait before the next try.' }) }
      : {}),
  }])
  return Object.fromEntries(entries)
}

function toHeaders(headers: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, {
      description,
      schema: { type: name === 'Retry-After' ? 'integer' : 'string' } as const,
    }]),
  )
}
