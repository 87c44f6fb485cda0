import { createApp } from '../../api/app.ts'
import type { Db, Queryable } from '../../api/db.ts'
import type { Deps } from '../../api/deps.ts'
import { startDue } from '../../api/jobs/run.ts'
import type { Client } from './client.ts'
import type { Shop } from './shop.ts'

/** A worker that dies after so many statements and calls: nothing that it does later takes effect. */
export async function dieWorking(shop: Shop, steps: number, jobs: number): Promise<void> {
  const deps = mortal(shop.deps, steps)
  // It dies of what is thrown, wherever that is.
  await startDue(deps.openDb(), deps, jobs).then((runs) => Promise.all(runs)).catch(() => {})
}

/** A request whose process dies after so many statements and calls. Its answer is lost in any case. */
export async function dieAnswering(
  shop: Shop,
  { client, path, body, headers = {}, steps }: {
    client: Client
    path: string
    body: unknown
    headers?: Record<string, string>
    steps: number
  },
): Promise<void> {
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const request = new Request(shop.url + path, {
    method: 'POST',
    headers: { cookie, origin: shop.url, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const answer = await createApp(mortal(shop.deps, steps)).fetch(request)
  await answer.body?.cancel()
}

function mortal(deps: Deps, steps: number): Deps {
  let left = steps
  const step = () => {
    if (left-- <= 0) throw new Error('died')
  }
  return {
    ...deps,
    openDb: () => mortalDb(deps.openDb(), step),
    payments: mortalCalls(deps.payments, step),
    panel: mortalCalls(deps.panel, step),
    mailer: deps.mailer && mortalCalls(deps.mailer, step),
    wake: () => {},
  }
}

function mortalDb(db: Db, step: () => void): Db {
  return {
    ...mortalStatements(db, step),
    transaction: (work) =>
      db.transaction(async (tx) => {
        const result = await work(mortalStatements(tx, step))
        // Dead before the COMMIT: all is undone.
        step()
        return result
      }),
    close: () => db.close(),
  }
}

function mortalStatements(db: Queryable, step: () => void): Queryable {
  return {
    query: async (sql, params) => {
      step()
      return await db.query(sql, params)
    },
    run: async (sql, params) => {
      step()
      return await db.run(sql, params)
    },
  }
}

/** Dies before a call, or after it with its answer. */
function mortalCalls<T extends object>(calls: T, step: () => void): T {
  return new Proxy(calls, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        step()
        const result = value.apply(target, args)
        if (!(result instanceof Promise)) return result
        return result.then((answer) => {
          step()
          return answer
        })
      }
    },
  })
}
