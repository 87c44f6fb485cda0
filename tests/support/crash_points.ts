import { AsyncLocalStorage } from 'node:async_hooks'
import { createApp } from '../../api/app.ts'
import type { Db, Queryable } from '../../api/db.ts'
import type { Deps } from '../../api/deps.ts'
import { startDue } from '../../api/jobs/run.ts'
import { sweep } from '../../api/jobs/sweep.ts'

/** The variable that names the point at which a process kills itself. */
export const CRASH_AT = 'CRASH_AT'

/** What a process of mortal_entry.ts is told beside the requests of the API. */
export const ORDERS = {
  clock: 'x-clock-ahead-ms',
  drain: '/drain',
  sweep: '/sweep',
}

/** Something that serves requests and runs jobs, and may die of it. */
export interface Actor {
  /** A request to the API; undefined when the actor died before it answered. */
  send(request: Request): Promise<Response | undefined>
  /** Runs what is due, one job at a time, until nothing is. */
  drain(): Promise<void>
  /** False when it failed, and should be done again. */
  sweep(): Promise<boolean>
  dead(): boolean
}

/** The actor, with the points that it came past: in the order in which it first came there. */
export interface Mortal extends Actor {
  points: Set<string>
}

/**
 * An actor that comes past named points: before and after each statement that writes, each COMMIT and
 * each call of Stripe, the panel and the mail provider, as in `server.provision: after
 * panel.createServer`. At the first visit of one it is told to `end`, which must not return. What it
 * ends with an exception is an actor that stops for good: nothing it does from then on takes effect.
 */
export function createMortal(
  deps: Deps,
  { end = () => {}, goesOn = false }: {
    end?: (point: string) => void
    /** For an `end` whose exception is one that the actor survives. */
    goesOn?: boolean
  } = {},
): Mortal {
  const doing = new AsyncLocalStorage<Doing>()
  const points = new Set<string>()
  let dead = false

  const come: Come = (operation) => {
    if (dead) throw new Dead()
    const point = doing.getStore()?.name(operation) ?? `elsewhere: ${operation}`
    if (points.has(point)) return
    points.add(point)
    try {
      end(point)
    } catch (error) {
      if (!goesOn) dead = true
      throw error
    }
  }
  const openDb = () => watchDb(deps.openDb(), come, (job) => doing.getStore()?.begin(job))
  const mortal: Deps = {
    ...deps,
    openDb,
    payments: watchCalls(deps.payments, 'stripe', come),
    panel: watchCalls(deps.panel, 'panel', come),
    mailer: deps.mailer && watchCalls(deps.mailer, 'mail', come),
    // Its jobs run when it is told to drain.
    wake: () => {},
  }
  const app = createApp(mortal)
  return {
    points,
    dead: () => dead,
    async send(request) {
      const what = `${request.method} ${new URL(request.url).pathname.replace(IDS, ':id')}`
      const answer = await doing.run(new Doing(what), async () => await app.fetch(request))
      return dead ? undefined : answer
    },
    async drain() {
      const next = () =>
        doing.run(new Doing('queue'), async () => {
          const runs = await startDue(openDb(), mortal, 1)
          await Promise.all(runs)
          return runs.length
        })
      while (!dead && await next().catch(orElse(0)) > 0);
    },
    async sweep() {
      const swept = doing.run(new Doing('sweep'), () => sweep(openDb(), mortal))
      return await swept.then(() => true).catch(orElse(false))
    },
  }

  /** As the loop does it: what failed is tried at the next pass. */
  function orElse<T>(value: T): (error: unknown) => T {
    return (error) => {
      if (dead || goesOn) return value
      throw error
    }
  }
}

/** What is thrown at the point, and at all that a dead actor goes on to do. */
export class Dead extends Error {
  constructor() {
    super('Cannot go on as this worker is dead')
  }
}

/** A job, a request, or the queue's own work between two jobs; names the points on its way. */
class Doing {
  #what: string
  readonly #times = new Map<string, number>()

  constructor(what: string) {
    this.#what = what
  }

  begin(what: string): void {
    this.#what = what
    this.#times.clear()
  }

  /** What is done more often than thrice is a loop, and its points are alike. */
  name(operation: string): string {
    const nth = Math.min((this.#times.get(operation) ?? 0) + 1, 3)
    this.#times.set(operation, nth)
    return `${this.#what}: ${operation}${nth === 1 ? '' : ` (${nth})`}`
  }
}

type Come = (operation: string) => void

const IDS = /\b[a-z]{3}_[0-9a-z]{26}\b/g

function watchDb(db: Db, come: Come, claimed: (job: string) => void): Db {
  return {
    ...watchStatements(db, come, { claimed, before: true }),
    async transaction(work) {
      const result = await db.transaction(async (tx) => {
        // Before a statement of a transaction is the same as after the one that came first.
        const result = await work(watchStatements(tx, come, { claimed, before: false }))
        come('before COMMIT')
        return result
      })
      come('after COMMIT')
      return result
    },
    close: () => db.close(),
  }
}

function watchStatements(
  db: Queryable,
  come: Come,
  { claimed, before }: { claimed: (job: string) => void; before: boolean },
): Queryable {
  return {
    async query<T>(sql: string, params?: Parameters<Queryable['query']>[1]) {
      const rows = await db.query<T>(sql, params)
      const job = claimedJob(rows[0])
      if (job) claimed(job)
      if (job) come('claimed')
      return rows
    },
    async run(sql, params) {
      const statement = nameOf(sql)
      if (before) come(`before ${statement}`)
      const result = await db.run(sql, params)
      come(`after ${statement}`)
      return result
    },
  }
}

/** What a claim of api/jobs/queue.ts reads back says which job runs from here on, or runs once more. */
function claimedJob(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null || !('leaseToken' in row)) return undefined
  const job = 'name' in row ? row.name : 'type' in row ? row.type : undefined
  const again = 'attempts' in row && Number(row.attempts) > 1
  return job === undefined ? undefined : `${job}${again ? ' again' : ''}`
}

/** `UPDATE orders status`, `INSERT jobs`: what the statement is, and what it sets first. */
function nameOf(sql: string): string {
  const [, verb = sql, table = ''] =
    /^\s*(INSERT|UPDATE|DELETE|REPLACE)\b(?:\s+INTO|\s+FROM)?\s+(\w+)/
      .exec(sql) ?? []
  const [, column] = /^\s*UPDATE\b[^]*?\bSET\s+(\w+)/.exec(sql) ?? []
  return [verb, table, column].filter(Boolean).join(' ')
}

function watchCalls<T extends object>(target: T, name: string, come: Come): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const method: unknown = Reflect.get(object, key, receiver)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        const call = `${name}.${String(key)}`
        come(`before ${call}`)
        const result: unknown = Reflect.apply(method, object, args)
        if (!(result instanceof Promise)) return result
        return result.finally(() => come(`after ${call}`))
      }
    },
  })
}
