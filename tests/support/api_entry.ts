import { createApp } from '../../api/app.ts'
import { startLoop } from '../../api/jobs/loop.ts'
import { openChildApi } from './child_api.ts'

/** How far the clock of this process is ahead, in milliseconds. */
export const CLOCK_OFFSET_MS = 'CLOCK_OFFSET_MS'

/**
 * What api/deno.ts does, with a clock that is ahead: so that a process may find what another one had
 * claimed free again, whose lease is three quarters of a minute.
 */
function main(environment: Record<string, string>): void {
  const offsetMs = Number(environment[CLOCK_OFFSET_MS] ?? 0)
  const { deps, address } = openChildApi(environment, {
    offsetMs: () => offsetMs,
    wake: () => loop.wake(),
  })
  const loop = startLoop(deps)
  Deno.serve({ ...address, onListen: () => {} }, createApp(deps).fetch)
}

if (import.meta.main) main(Deno.env.toObject())
