/**
 * Loads the page that was asked for as soon as the shop answers. `navigator.onLine` does not decide:
 * the browser can have a connection before it leads to the shop.
 */
const EVERY_MS = 3000

addEventListener('online', tryAgain)
setInterval(tryAgain, EVERY_MS)

function tryAgain() {
  fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(
    () => location.reload(),
    () => {},
  )
}
