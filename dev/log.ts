/** Shows one line to the person who waits. */
export type Log = (line: string) => void

/** How often a long wait says that it is still alive. */
const STILL_WAITING_MS = 5_000

/** Says what is being done, and again every few seconds for as long as it takes. */
export async function withProgress<T>(
  log: Log,
  doing: string,
  work: () => Promise<T>,
): Promise<T> {
  log(`${doing} …`)
  const startedAt = performance.now()
  const timer = setInterval(() => {
    log(`${doing} … ${Math.round((performance.now() - startedAt) / 1000)} s`)
  }, STILL_WAITING_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
