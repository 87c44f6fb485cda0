import * as fc from 'fast-check'
import { anySteps, type Model, MODEL_ENVIRONMENT, type Real, settleAndCompare } from './model.ts'
import { type Shop, startShop } from './shop.ts'

export interface ModelRun {
  runs: number
  seed: number
  /** What a failure printed, to see it again at once. */
  path?: string | undefined
  replayPath?: string | undefined
  maxCommands: number
}

/**
 * Runs random sequences of actions against the real handlers and the reference model. Throws with the
 * shortest sequence that fails, its seed and its path.
 */
export async function runModel({ runs, seed, path, replayPath, maxCommands }: ModelRun) {
  let shop: Shop | undefined
  const property = fc.asyncProperty(anySteps(maxCommands, replayPath), async (steps) => {
    shop ??= await startShop({ environment: MODEL_ENVIRONMENT })
    const setup = { model: { orders: [] }, real: await customerOf(shop) }
    try {
      await fc.asyncModelRun(() => setup, [...steps, lastStep])
    } catch (error) {
      // What is broken stays broken: the next sequence begins in another shop.
      await shop.stop()
      shop = undefined
      throw error
    }
  })
  try {
    await fc.assert(property, { numRuns: runs, seed, ...(path ? { path } : {}) })
  } finally {
    await shop?.stop()
  }
}

async function customerOf(shop: Shop): Promise<Real> {
  return { shop, client: await shop.customer(), faults: new Map() }
}

const lastStep = {
  check: () => true,
  run: (model: Model, real: Real) => settleAndCompare(real, model),
  toString: () => 'settle',
}
