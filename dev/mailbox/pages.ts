import { type Context, Hono } from 'hono'
import { html, raw } from 'hono/html'
import { type Html, page } from '../emulators/page.ts'
import type { ReceivedMail } from './emulator.ts'
import { SCRIPT, STYLE } from './look.ts'

/** The pages of the mailbox: the mails, newest first, and beside them the one that is read. */
export function pageRoutes(mails: readonly ReceivedMail[]) {
  const find = (c: Context) => mails.find((mail) => mail.id === c.req.param('id'))
  return new Hono()
    .get('/', (c) => show(c, { title: 'Mailbox', mails, main: welcome(mails), isList: true }))
    .get('/mails/:id', (c) => {
      const mail = find(c)
      if (!mail) return c.html(notFound(), 404)
      const main = reader(mail, readView(c))
      return show(c, { title: mail.subject, mails, open: mail, main, isList: false })
    })
    .get('/mails/:id/html', (c) => {
      const mail = find(c)
      return mail ? frame(c, mail) : c.html(notFound(), 404)
    })
    .get('/newest', (c) => c.text(mails.at(-1)?.id ?? ''))
}

/** How a mail is looked at. */
interface View {
  part: Part
  width: Width
  scheme: Scheme
}

const PARTS = ['html', 'text', 'headers'] as const
const WIDTHS = ['desktop', 'phone'] as const
const SCHEMES = ['light', 'dark'] as const
type Part = typeof PARTS[number]
type Width = typeof WIDTHS[number]
type Scheme = typeof SCHEMES[number]

const WORDS: Record<Part | Width | Scheme, string> = {
  html: 'HTML',
  text: 'Text',
  headers: 'Headers',
  desktop: 'Desktop',
  phone: 'Phone',
  light: 'Light',
  dark: 'Dark',
}

/** As wide as the pictures that mail programs give a mail. */
const WIDTH_PX: Record<Width, number> = { desktop: 700, phone: 360 }

function readView(c: Context): View {
  return {
    part: oneOf(PARTS, c.req.query('part')),
    width: oneOf(WIDTHS, c.req.query('width')),
    scheme: oneOf(SCHEMES, c.req.query('scheme')),
  }
}

function oneOf<T extends string>(all: readonly [T, ...T[]], text: string | undefined): T {
  return all.find((one) => one === text) ?? all[0]
}

interface Shown {
  title: string
  mails: readonly ReceivedMail[]
  open?: ReceivedMail
  main: Html
  isList: boolean
}

function show(c: Context, shown: Shown): Response | Promise<Response> {
  const nonce = crypto.randomUUID()
  c.header('cache-control', 'no-store')
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'`,
  )
  return c.html(page({
    title: shown.title,
    style: STYLE,
    content: columns(shown),
    script: { text: SCRIPT, nonce },
    attributes: {
      class: shown.isList ? 'is-list' : 'is-mail',
      'data-newest': shown.mails.at(-1)?.id ?? '',
    },
  }))
}

function columns({ mails, open, main }: Shown): Html {
  return html`
    <header class="top">
      <a class="home" href="/">${MARK} Mailbox</a>
      <p>Every mail of this shop ends here, and nowhere else.</p>
      <a class="news" id="news" href="/" hidden>There is new mail</a>
    </header>
    <div class="columns">
      <nav aria-label="Mails">${list(mails, open)}</nav>
      <main>${main}</main>
    </div>
  `
}

function list(mails: readonly ReceivedMail[], open: ReceivedMail | undefined): Html {
  if (mails.length === 0) return html`<p class="empty">No mails yet. They appear by themselves.</p>`
  return html`
    <ol>
      ${mails.toReversed().map((mail) =>
        html`
          <li>
            <a href="/mails/${mail.id}" ${mail === open ? raw('aria-current="page"') : ''}>
              <b>${mail.subject}</b>
              <span>${mail.to.join(', ')}</span>
              <time datetime="${mail.at}">${timeOf(mail.at)}</time>
            </a>
          </li>
        `
      )}
    </ol>
  `
}

function welcome(mails: readonly ReceivedMail[]): Html {
  if (mails.length > 0) return html`<p class="hint">Choose a mail to read it.</p>`
  return html`<p class="hint">Sign up or buy a server, and its mail comes here.</p>`
}

function reader(mail: ReceivedMail, view: View): Html {
  return html`
    <article>
      <p class="back"><a href="/">All mails</a></p>
      <h1>${mail.subject}</h1>
      <dl class="envelope">
        <dt>From</dt>
        <dd>${mail.from}</dd>
        <dt>To</dt>
        <dd>${mail.to.join(', ')}</dd>
        <dt>Came</dt>
        <dd>${timeOf(mail.at)}</dd>
      </dl>
      <div class="switches">
        ${switches(view, 'part', PARTS)}
        ${view.part === 'html'
          ? [switches(view, 'width', WIDTHS), switches(view, 'scheme', SCHEMES)]
          : ''}
      </div>
      ${body(mail, view)}
    </article>
  `
}

function switches<N extends keyof View>(view: View, name: N, all: readonly View[N][]): Html {
  return html`
    <p class="switch">
      ${all.map((one) =>
        html`
          <a
            href="?${new URLSearchParams({ ...view, [name]: one }).toString()}"
            ${view[name] === one ? raw('aria-current="true"') : ''}
          >${WORDS[one]}</a>
        `
      )}
    </p>
  `
}

function body(mail: ReceivedMail, { part, width, scheme }: View): Html {
  switch (part) {
    case 'html':
      return html`
        <iframe
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          title="The mail as it looks"
          src="/mails/${mail.id}/html?scheme=${scheme}"
          style="width:${WIDTH_PX[width]}px"
        ></iframe>
      `
    case 'text':
      return html`<pre>${linked(mail.text)}</pre>`
    case 'headers':
      return html`
        <table>
          ${headersOf(mail).map(([name, value]) =>
            html`
              <tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr>
            `
          )}
        </table>
      `
    default:
      throw new Error(`Cannot show a mail as the view is unknown: ${part satisfies never}`)
  }
}

/** Plain text whose addresses open, as mail programs have it. */
function linked(text: string): Html[] {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, at) =>
    at % 2 === 1
      ? html`<a href="${part}" target="_blank" rel="noopener">${part}</a>`
      : html`${part}`
  )
}

function headersOf(mail: ReceivedMail): [string, string][] {
  return [
    ['From', mail.from],
    ['To', mail.to.join(', ')],
    ['Subject', mail.subject],
    ...Object.entries(mail.headers),
    ['Idempotency-Key', mail.idempotencyKey ?? 'none'],
    ['Provider’s id', mail.id],
    ...Object.entries(mail.tags).map(([name, value]): [string, string] => [`Tag ${name}`, value]),
  ]
}

/** The mail as it came, sandboxed twice: whatever it holds, it runs nothing. Its links may open. */
function frame(c: Context, mail: ReceivedMail): Response | Promise<Response> {
  c.header('cache-control', 'no-store')
  c.header(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox",
  )
  const { scheme } = readView(c)
  // A frame asks the reader's system whether it is night; here the switch above it decides.
  const night = scheme === 'dark' ? 'all' : 'not all'
  const looked = mail.html.replaceAll(/@media \(prefers-color-scheme: ?dark\)/g, `@media ${night}`)
  return c.html(looked.replace('<head>', '<head><base target="_blank">'))
}

function notFound(): Html {
  const content = html`<p class="hint">No such mail. <a href="/">All mails</a></p>`
  return page({ title: 'No such mail', style: STYLE, content })
}

function timeOf(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`
}

const MARK = raw(
  '<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path fill="#ffb81c" d="M13 0h6v18h-6z"/><path fill="#6fbf6a" d="M16 12l13 6.500L16 25 3 18.500z"/><path fill="#9a6b45" d="M3 18.500 16 25v6L3 24.500z"/><path fill="#7c5333" d="M29 18.500 16 25v6l13-6.500z"/><path fill="#ffb81c" d="M13 10h6v9.500l-3 1.500-3-1.500z"/></svg>',
)
