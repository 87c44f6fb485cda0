import * as z from 'zod'
import type { Operations } from '../openapi/operation.ts'
import { type PlanBody, PlanBody as Plan, PlansBody, RegionsBody } from './bodies.ts'

const plan: PlanBody = {
  id: 'minecraft-paper-4gb',
  gameId: 'minecraft',
  name: 'Paper 4 GB',
  summary: 'A small community: around twenty players and a good set of plugins.',
  limits: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200 },
  featureLimits: { databases: 1, backups: 3, allocations: 1 },
  prices: [
    { term: 'monthly', currency: 'eur', unitAmount: 999 },
    { term: 'yearly', currency: 'eur', unitAmount: 9990 },
  ],
  regions: [{ id: 'frankfurt', available: true }, { id: 'oslo', available: false }],
  options: [{
    variable: 'MINECRAFT_VERSION',
    label: 'Minecraft version',
    help: 'A version such as 1.21.4, or latest.',
    kind: 'text',
    required: false,
    default: 'latest',
    maxLength: 20,
  }],
}

const freshness = 'May be up to 15 s old; the checkout looks again. Carries an ETag.'

const unchanged = { description: 'Not changed since the ETag of `If-None-Match`.' }

export const operations: Operations = {
  'GET /api/plans': {
    id: 'listPlans',
    summary: 'List what is sold',
    description:
      `Games, their plans with prices and options, and where there is room. ${freshness}`,
    tag: 'Plans',
    auth: 'none',
    answers: {
      200: {
        description: 'Everything that is sold now.',
        schema: PlansBody,
        example: {
          games: [{ id: 'minecraft', name: 'Minecraft', summary: 'Paper for plugins.' }],
          plans: [plan],
          currencies: ['eur', 'usd'],
        },
      },
      304: unchanged,
    },
  },
  'GET /api/plans/:id': {
    id: 'getPlan',
    summary: 'Show a plan',
    description: freshness,
    tag: 'Plans',
    auth: 'none',
    params: z.object({ id: z.string().meta({ description: 'The plan’s id.' }) }),
    answers: {
      200: { description: 'The plan.', schema: Plan, example: plan },
      304: unchanged,
    },
  },
  'GET /api/regions': {
    id: 'listRegions',
    summary: 'List the regions',
    description: freshness,
    tag: 'Plans',
    auth: 'none',
    answers: {
      200: {
        description: 'Where servers can stand.',
        schema: RegionsBody,
        example: {
          regions: [{ id: 'frankfurt', name: 'Frankfurt', country: 'DE', available: true }],
        },
      },
      304: unchanged,
    },
  },
}
