/** Said in a strip over the page while the browser has no connection. */
export const offlineWords = {
  strip: 'You are offline. What you see may be old. The page catches up by itself.',
}
