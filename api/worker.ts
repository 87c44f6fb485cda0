import type { Hono } from 'hono'
import { createApp } from './app.ts'
import { parseConfig } from './config.ts'
import type { AppEnv, Deps } from './deps.ts'
import { buildDeps } from './deps.ts'
import { runDue } from './jobs/run.ts'
import { sweep } from './jobs/sweep.ts'
import { createLog } from './log.ts'
import { flushMetrics } from './metrics/flush.ts'
import { assertSafeServer, type MysqlAddress, openConnection } from './mysql.ts'

/** The bindings of wrangler.toml; secrets and variables are strings beside them. */
interface Bindings {
  HYPERDRIVE: MysqlAddress
  [name: string]: unknown
}

interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
  props: unknown
}

/** After a response a Worker may go on for 30 s; stop in time for what was claimed to end. */
const DRAIN_MS = 20_000

/** And what runs still is handed over before the platform ends it without a word. */
const HAND_OVER_MS = 26_000

interface Shop {
  deps: Deps
  app: Hono<AppEnv>
}

/** One per isolate: the environment exists only once a request came. Holds no request's data. */
const shops = new WeakMap<Bindings, Shop>()

export default {
  fetch(request: Request, env: Bindings, context: WorkerContext): Response | Promise<Response> {
    return shopOf(env).app.fetch(request, env, context)
  },
  scheduled(_event: unknown, env: Bindings, context: WorkerContext): void {
    const { deps } = shopOf(env)
    context.waitUntil(drain(deps, { sweeping: true }))
  },
}

function shopOf(env: Bindings): Shop {
  const known = shops.get(env)
  if (known) return known
  const config = parseConfig(stringsOf(env))
  const { host, port, user, password, database } = env.HYPERDRIVE
  const address = { host, port: Number(port), user, password, database }
  const counted = {
    onError: (errno: string) => deps.metrics.count('db_errors_total', { errno }),
    onRetry: () => deps.metrics.count('db_tx_retries_total'),
  }
  const deps: Deps = buildDeps(config, {
    openDb: () => openConnection(address, counted),
    log: createLog((line) => console.log(line), () => new Date()),
    clientAddress: (c) => c.req.header('cf-connecting-ip') ?? 'unknown',
    wake: (c) => c?.executionCtx.waitUntil(drain(deps, { sweeping: false })),
  })
  const shop: Shop = { deps, app: createApp(deps) }
  shops.set(env, shop)
  return shop
}

function stringsOf(env: Bindings): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function drain(deps: Deps, { sweeping }: { sweeping: boolean }): Promise<void> {
  const db = deps.openDb()
  const until = performance.now() + DRAIN_MS
  const handOver = AbortSignal.timeout(HAND_OVER_MS)
  try {
    if (sweeping) {
      await assertSafeServer(db)
      await sweep(db, deps)
    }
    while (performance.now() < until && await runDue(db, deps, handOver) > 0);
  } catch (error) {
    deps.log.error('cannot drain the queues', { error })
  } finally {
    await db.close()
    await flushMetrics(deps)
  }
}
