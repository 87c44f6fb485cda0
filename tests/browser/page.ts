import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

export const PHONE = { width: 360, height: 740 }
export const DESKTOP = { width: 1280, height: 800 }

/** A browser of somebody's own: cookies, storage and tabs that no other has. */
export interface Visitor {
  context: BrowserContext
  /** The first tab. */
  page: Page
  tab(): Promise<Page>
  /** Closes the browser, and fails when any of its pages complained of anything. */
  close(): Promise<void>
}

export interface VisitorOptions extends BrowserContextOptions {
  /** The shop's own address: pages of others, such as Stripe's, are not ours to judge. */
  shopUrl: string
  /** What this visitor's pages may complain of, because the test breaks something. */
  tolerates?: RegExp
}

/**
 * Opens a browser that hears every complaint of its pages: script errors, refusals by the content
 * security policy, errors on the console, requests that failed, and pages wider than the screen.
 */
export async function visit(
  browser: Browser | undefined,
  { shopUrl, tolerates, ...options }: VisitorOptions,
): Promise<Visitor> {
  if (!browser) throw new Error('Cannot open a page without a browser')
  const context = await browser.newContext({
    baseURL: shopUrl,
    viewport: DESKTOP,
    locale: 'en-GB',
    // What moves on and on is painted on and on, which the tests beside this one pay for.
    reducedMotion: 'reduce',
    ...options,
  })
  // Sooner than a test is given up, so that what was waited for is named.
  context.setDefaultTimeout(20_000)
  const complaints = await listen(context, shopUrl)
  return {
    context,
    page: await context.newPage(),
    tab: () => context.newPage(),
    async close() {
      await context.close()
      const left = [...complaints].filter((complaint) => !tolerates?.test(complaint))
      if (left.length > 0) throw new Error(`Pages complained:\n${left.join('\n')}`)
    },
  }
}

/** Everything the context's pages complain of from now on, each complaint once. */
async function listen(context: BrowserContext, shopUrl: string): Promise<Set<string>> {
  const complaints = new Set<string>()
  const complain = (text: string) => void complaints.add(text)
  context.on('weberror', (event) => complain(`script error: ${event.error().message}`))
  context.on('console', (message) => {
    // What the browser says of an answer such as 401 is no mistake; `response` tells those that are.
    const isOfAnswer = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isOfAnswer) complain(`console: ${message.text()}`)
  })
  context.on('response', (response) => {
    const url = response.url()
    if (!url.startsWith(shopUrl)) return
    const isMissing = response.status() === 404 && !url.startsWith(`${shopUrl}/api/`)
    if (response.status() >= 500 || isMissing) complain(`answer: ${response.status()} ${url}`)
  })
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // Leaving a page ends what it still waits for.
    if (reason === 'net::ERR_ABORTED' || !request.url().startsWith(shopUrl)) return
    complain(`request: ${request.method()} ${request.url()} ${reason}`)
  })
  await context.exposeBinding('complain', (_source, text: string) => complain(text))
  await context.addInitScript(watchPage, shopUrl)
  return complaints
}

/** Runs in the page, before its own scripts. */
function watchPage(shopUrl: string): void {
  if (location.origin !== shopUrl) return
  const complain = (text: string) => Reflect.get(globalThis, 'complain')(text)
  document.addEventListener('securitypolicyviolation', (event) => {
    complain(`CSP: ${event.violatedDirective} refused ${event.blockedURI} (${event.sample})`)
  })
  let due = false
  const measure = () => {
    due = false
    // Until its stylesheets are there a page is as wide as its longest word.
    if (document.readyState !== 'complete') return
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) {
      complain(`overflow: ${location.pathname} is ${scrollWidth} wide on ${clientWidth}`)
    }
  }
  addEventListener('load', measure)
  const observer = new MutationObserver(() => {
    if (!due) requestAnimationFrame(measure)
    due = true
  })
  observer.observe(document, { childList: true, subtree: true, attributes: true })
}
