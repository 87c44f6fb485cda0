type Area = 'local' | 'session'

/** What was stored under `key`, or undefined; also when the browser keeps nothing for us. */
export function recall(area: Area, key: string): string | undefined {
  try {
    return areaOf(area).getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** Stores `value` if the browser lets us; undefined removes it. The shop works without. */
export function remember(area: Area, key: string, value: string | undefined): void {
  try {
    if (value === undefined) areaOf(area).removeItem(key)
    else areaOf(area).setItem(key, value)
  } catch {
    // A full or forbidden storage costs comfort, never a purchase.
  }
}

function areaOf(area: Area): Storage {
  return area === 'local' ? localStorage : sessionStorage
}
