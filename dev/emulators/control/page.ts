import type { Context } from 'hono'
import { html } from 'hono/html'
import type { Service } from '../../faults/vocabulary.ts'
import { LOOK, page } from '../page.ts'

const read = (name: string) => Deno.readTextFileSync(new URL(name, import.meta.url))
const STYLE = `${LOOK}${read('./style.css')}`
const SCRIPT = read('./client.js')

const NAMES: Record<Service, string> = { stripe: 'Stripe', panel: 'Panel', mailbox: 'Mailbox' }

/** What goes on at the emulators, and beside it what is ordered to go wrong. */
export function controlPage(c: Context, services: { service: Service; url: string }[]) {
  const nonce = crypto.randomUUID()
  c.header('cache-control', 'no-store')
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'`,
  )
  return c.html(page({
    title: 'Emulators',
    style: STYLE,
    script: { text: SCRIPT, nonce },
    content: html`
      <header class="top">
        <h1>Emulators</h1>
        <nav aria-label="Pages of the emulators">
          ${services.map(({ service, url }) =>
            html`<a class="service ${service}" href="${url}">${NAMES[service]}</a>`
          )}
        </nav>
        <a class="jump" href="#faults-title">To the faults</a>
        <p id="line" role="status">Connecting …</p>
      </header>
      <main>
        <section class="traffic" aria-labelledby="traffic-title">
          <div class="bar">
            <h2 id="traffic-title">Traffic</h2>
            <div class="filters" role="group" aria-label="Show">
              <button type="button" data-show="all" aria-pressed="true">All</button>
              ${services.map(({ service }) =>
                html`<button type="button" data-show="${service}" aria-pressed="false">${
                  NAMES[service]
                }</button>`
              )}
              <button type="button" data-show="webhook" aria-pressed="false">Webhooks</button>
              <button type="button" data-show="trouble" aria-pressed="false">Trouble</button>
            </div>
          </div>
          <ol id="entries" aria-live="off"></ol>
          <p id="quiet" class="empty">Nothing yet. Calls and webhooks appear here as they happen.</p>
        </section>
        <section class="faults" aria-labelledby="faults-title">
          <div class="bar">
            <h2 id="faults-title">Faults</h2>
            <button type="button" id="clear" hidden>Cancel all</button>
          </div>
          <ol id="rules"></ol>
          <p id="calm" class="empty">Nothing is ordered to go wrong.</p>
          ${orderForm(services)}
        </section>
      </main>
    `,
  }))
}

function orderForm(services: { service: Service }[]) {
  return html`
    <form id="order">
      <h3>Order a fault</h3>
      <label>Service
        <select name="service">
          ${services.map(({ service }) =>
            html`<option value="${service}">${NAMES[service]}</option>`
          )}
        </select>
      </label>
      <label>Fault
        <select name="fault" aria-describedby="says"></select>
      </label>
      <p id="says" class="hint"></p>
      <div id="settings" class="pair"></div>
      <div id="narrow"></div>
      <div class="pair">
        <label>When
          <select name="when">
            <option value="first">The next times</option>
            <option value="always">Always</option>
            <option value="nth">Certain times</option>
            <option value="probability">By chance</option>
          </select>
        </label>
        <label id="amount"></label>
      </div>
      <p id="refused" role="alert" hidden></p>
      <button class="main">Order</button>
    </form>
  `
}
