/**
 * Answers a page that cannot be reached with the one that says so; keeps nothing else, and no answer
 * of the API. The build puts the hash of these files in, so that a change of them is a new worker.
 */
const CACHE = 'offline-@VERSION@'
const PAGE = '/offline.html'
const FILES = [PAGE, '/offline.css', '/offline.js', '/offline.svg']

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles())
  // Safe at any moment: open pages are not touched, only what comes after them.
  self.skipWaiting()
})

self.addEventListener('activate', (event) => event.waitUntil(dropOlder()))

self.addEventListener('fetch', (event) => {
  const { mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (mode === 'navigate') event.respondWith(orKept(event.request, PAGE))
  else if (origin === location.origin && FILES.includes(pathname)) {
    event.respondWith(orKept(event.request, pathname))
  }
})

/** What the network answers, whatever it says; the kept file when it says nothing. */
async function orKept(request, path) {
  try {
    return await fetch(request)
  } catch (error) {
    const cache = await caches.open(CACHE)
    const kept = await cache.match(path)
    if (kept) return kept
    throw error
  }
}

async function keepFiles() {
  const cache = await caches.open(CACHE)
  await Promise.all(FILES.map(async (path) => {
    const answer = await fetch(path, { cache: 'reload' })
    if (!answer.ok) throw new Error(`Cannot keep ${path}: ${answer.status}`)
    // Some hosts redirect from the .html name, and a redirected answer may not stand for a page.
    const plain = new Response(await answer.blob(), { headers: answer.headers })
    await cache.put(path, plain)
  }))
}

async function dropOlder() {
  const names = await caches.keys()
  const older = names.filter((name) => name.startsWith('offline-') && name !== CACHE)
  await Promise.all(older.map((name) => caches.delete(name)))
}
