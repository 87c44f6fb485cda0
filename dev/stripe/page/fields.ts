import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'

/** Number, expiry and code of a card, with those of a test card in them. */
export function cardFields(): Html {
  return html`${field('number', 'Card number', '4242 4242 4242 4242', { mode: 'numeric' })}
    <div class="pair">
      ${field('expiry', 'Expires', '12 / 34')} ${field('cvc', 'CVC', '123', { mode: 'numeric' })}
    </div>`
}

/** A labelled field that must be filled. */
export function field(
  name: string,
  label: string,
  value: string,
  { type = 'text', mode = 'text' }: { type?: string; mode?: string } = {},
): Html {
  return html`<label>${label}
    <input name="${name}" type="${type}" inputmode="${type === 'email' ? 'email' : mode}"
      value="${value}" required autocomplete="off"></label>`
}
