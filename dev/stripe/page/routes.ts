import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { StripeFailure } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'
import { authenticateRoutes } from './authenticate.ts'
import { boardView } from './board.ts'
import { checkoutRoutes } from './checkout.ts'
import { invoiceRoutes } from './invoice.ts'
import { messageView } from './views.ts'

/** The pages for people: the hosted checkout, and a board of what happened. */
export function pageRoutes(sandbox: Sandbox, answered: (eventId: string) => Promise<void>) {
  const { store } = sandbox
  return new Hono()
    .use(secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] },
    }))
    .get('/', (c) => c.html(boardView(store)))
    .route('/authenticate', authenticateRoutes(sandbox, answered))
    .route('/c/pay', checkoutRoutes(sandbox, answered))
    .route('/i', invoiceRoutes(sandbox))
    .onError((error, c) => {
      if (!(error instanceof StripeFailure)) throw error
      const { message } = error
      return c.html(messageView({ title: 'This cannot be done', text: message }), error.status)
    })
}
