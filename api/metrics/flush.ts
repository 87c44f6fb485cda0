import type { Deps } from '../deps.ts'

const EVERY_MS = 5000

/** Adds what the process counts to the database every five seconds, and once more when it ends. */
export function startFlushing(deps: Pick<Deps, 'metrics' | 'openDb' | 'log'>): {
  stop(): Promise<void>
} {
  const timer = setInterval(() => void flushMetrics(deps), EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      return flushMetrics(deps)
    },
  }
}

/** What cannot be written now is written with the next. */
export async function flushMetrics(
  { metrics, openDb, log }: Pick<Deps, 'metrics' | 'openDb' | 'log'>,
): Promise<void> {
  const db = openDb()
  try {
    await metrics.flush(db)
  } catch (error) {
    log.warn('cannot write the metrics yet', { error })
  } finally {
    await db.close()
  }
}
