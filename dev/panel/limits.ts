import { PanelFailure } from './failure.ts'
import type { User } from './model.ts'
import type { Api, PanelApp } from './panel.ts'

/**
 * Counts a call of a user, whatever key made it, and answers 429 above the limit. A window is fixed:
 * it starts at its first call and does not slide. Each API has its own.
 */
export function countRequest(
  panel: PanelApp,
  { api, owner }: { api: Api; owner: User },
  setHeader: (name: string, value: string) => void,
): void {
  const limit = panel.settings.requestsPerMinute[api]
  const now = panel.now().getTime()
  const windows = panel.windows[api]
  const last = windows.get(owner.id)
  const window = last && now < last.startedAt + WINDOW_MS ? last : { startedAt: now, used: 0 }
  windows.set(owner.id, window)
  window.used++
  setHeader('X-RateLimit-Limit', String(limit))
  setHeader('X-RateLimit-Remaining', String(Math.max(0, limit - window.used)))
  if (window.used <= limit) return
  const endsAt = window.startedAt + WINDOW_MS
  setHeader('Retry-After', String(Math.ceil((endsAt - now) / 1000)))
  setHeader('X-RateLimit-Reset', String(Math.ceil(endsAt / 1000)))
  throw new PanelFailure(429, 'ThrottleRequestsException', 'Too Many Attempts.')
}

const WINDOW_MS = 60_000
