/** Lets the browser say "you are offline" in our words. The shop is the same without. */
export function registerServiceWorker(): void {
  // Only on https and localhost is there such a thing.
  if (!('serviceWorker' in navigator)) return
  addEventListener('load', () => {
    navigator.serviceWorker.register('/sw.js').catch(() => {})
  })
}
