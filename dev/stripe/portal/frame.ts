import { html } from 'hono/html'
import { type Html, page as document } from '../../emulators/page.ts'
import type { PortalConfiguration } from '../wire.ts'
import type { Visit } from './actions.ts'
import { STYLE } from './style.ts'

/** What every page of the portal stands in. */
export interface Frame {
  visit: Visit
  /** the portal's own address, without a trailing slash */
  base: string
  /** why the last request was not done */
  alert?: string | undefined
}

/** A page of the portal, beside what stands on all of them. */
export function frameView({ visit, base, alert }: Frame, title: string, content: Html): Html {
  const { session, configuration: { business_profile: profile } } = visit
  return document({
    title: `${title} · Customer portal`,
    style: STYLE,
    content: html`
      <div class="portal">
        <header class="bar">
          <h1>${profile.headline ?? 'Manage your subscriptions and your billing details'}</h1>
          ${session.return_url
            ? html`<p><a class="back" href="${session.return_url}">← Return to the shop</a></p>`
            : ''}
          <p>The Stripe emulator’s customer portal. No money moves.</p>
          ${policies(profile)}
        </header>
        <main class="content" data-base="${base}">
          ${alert ? html`<p class="alert" role="alert">${alert}</p>` : ''} ${content}
        </main>
      </div>
    `,
  })
}

/** A page that asks for one thing, and says what comes of it. */
export function formView(frame: Frame, { title, text, before, action, submit, fields }: {
  title: string
  text: string
  before?: Html | undefined
  action: string
  submit: string
  fields: Html
}): Html {
  return frameView(
    frame,
    title,
    html`
      <section class="part">
        <h2>${title}</h2>
        <p>${text}</p>
        ${before ?? ''}
        <form class="form" method="post" action="${frame.base}${action}">
          ${fields}
          <div class="actions">
            <button class="main" data-testid="submit">${submit}</button>
            <a class="button" href="${frame.base}">Go back</a>
          </div>
        </form>
      </section>
    `,
  )
}

/** Says that a flow is done, with the words of whoever began it. */
export function confirmationView(frame: Frame, message: string | null): Html {
  return frameView(
    frame,
    'Done',
    html`<p role="status">${message ?? 'Your change was saved.'}</p>`,
  )
}

/** An address that is not good any more, or never was. */
export function expiredView(): Html {
  return document({
    title: 'The link has expired',
    style: STYLE,
    content: html`
      <main class="content">
        <h1>This link has expired</h1>
        <p>Go back to the shop, and open your account there again.</p>
      </main>
    `,
  })
}

/** A form of one button. */
export function button(action: string, text: string): Html {
  return html`<form method="post" action="${action}"><button>${text}</button></form>`
}

/** One line to fill in. */
export function field({ name, label, value, type = 'text' }: {
  name: string
  label: string
  value: string | null | undefined
  type?: 'text' | 'email' | 'tel' | 'number'
}): Html {
  return html`<label>${label}<input type="${type}" name="${name}" value="${value ?? ''}"></label>`
}

function policies(profile: PortalConfiguration['business_profile']): Html {
  const { privacy_policy_url: privacy, terms_of_service_url: terms } = profile
  return html`<p class="policies">
    ${terms ? html`<a href="${terms}">Terms</a>` : ''}
    ${privacy ? html`<a href="${privacy}">Privacy</a>` : ''}
  </p>`
}
