/** A place for a call under way; give it back when the call has ended. */
export type GiveBack = () => void

/** How soon one who waits sees that a place is free. */
const POLL_MS = 10

/**
 * Lets this process have only so many calls under way at once. A place that is never given back, as
 * a request that was cut off leaves it, is free again after `holdMs`.
 */
export function createLane(places: number) {
  const taken = new Set<{ endsAt: number }>()

  /** Undefined when no place got free within `waitMs`. */
  return async function enter(
    { waitMs, holdMs }: { waitMs: number; holdMs: number },
  ): Promise<GiveBack | undefined> {
    const until = performance.now() + waitMs
    for (;;) {
      const now = performance.now()
      for (const place of taken) if (place.endsAt < now) taken.delete(place)
      if (taken.size < places) {
        const place = { endsAt: now + holdMs }
        taken.add(place)
        return () => void taken.delete(place)
      }
      if (now >= until) return undefined
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}
