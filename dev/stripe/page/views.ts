import { html } from 'hono/html'
import { type Html, page as document } from '../../emulators/page.ts'
import type { Session } from '../wire.ts'
import { STYLE } from './style.ts'

/** A session that is paid. */
export function completeView(session: Session, returnUrl: string): Html {
  return messageView({
    title: 'This checkout is complete',
    text: `Payment status: ${session.payment_status}.`,
    href: returnUrl,
  })
}

/** A session whose money is on its way. */
export function settlingView(returnUrl: string): Html {
  return page(
    'Payment under way',
    html`<main class="message">
      <h1>The payment is under way</h1>
      <p>Money from a bank account takes days. Here you say how it ends.</p>
      <form method="post">
        ${action('succeeded', 'The money arrives')} ${action('failed', 'The bank refuses')}
      </form>
      ${backToShop(returnUrl)}
    </main>`,
  )
}

export function expiredView(session: Session): Html {
  return messageView({
    title: 'This checkout has expired',
    text: 'Nothing was paid. Start again in the shop.',
    href: session.cancel_url,
  })
}

/** One sentence, and the way on where there is one. */
export function messageView({ title, text, href }: {
  title: string
  text: string
  href?: string | null
}): Html {
  return page(
    title,
    html`<main class="message">
      <h1>${title}</h1>
      <p>${text}</p>
      ${href ? backToShop(href) : ''}
    </main>`,
  )
}

/** The frame of every page. */
export function page(title: string, content: Html): Html {
  return document({
    title,
    style: STYLE,
    content: html`
      <header class="notice">
        <strong>Local Stripe emulator.</strong> No card is charged, no money moves.
      </header>
      ${content}
    `,
  })
}

function backToShop(href: string): Html {
  return html`<a class="go" href="${href}" data-testid="back">Back to the shop</a>`
}

function action(value: string, label: string): Html {
  return html`<button name="action" value="${value}" data-testid="${value}">${label}</button>`
}
