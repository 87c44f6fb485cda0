import { Hono } from 'hono'
import { html } from 'hono/html'
import type { Config } from '../api/config.ts'
import type { Queryable } from '../api/db.ts'
import { type MailTemplate, writeMail } from '../api/mail/messages.ts'

interface Mail {
  id: string
  to: string
  template: string
  subject: string
  createdAt: Date
  sentAt: Date | null
}

interface MailBody extends Mail {
  text: string
  html: string
}

/** A page with the mails that the shop wrote, newest first: nothing leaves this machine. */
export function createMailbox(
  db: Queryable,
  config: Config,
): { fetch(request: Request): Promise<Response> } {
  const app = new Hono()
    .get(
      '/',
      async (c) => c.html(page('Mailbox', list(await listMails(db, config)), { refresh: true })),
    )
    .get('/:id', async (c) => {
      const mail = await findMail(db, config, c.req.param('id'))
      if (!mail) {
        return c.html(page('Not found', html`<p>No such mail. <a href="/">All mails</a></p>`), 404)
      }
      return c.html(page(mail.subject, show(mail)))
    })
  return { fetch: async (request) => await app.fetch(request) }
}

interface Row {
  id: string
  to: string
  template: MailTemplate
  facts: string
  createdAt: Date
  sentAt: Date | null
}

const COLUMNS = 'id, to_email AS `to`, template, facts, created_at AS createdAt, sent_at AS sentAt'

async function listMails(db: Queryable, config: Config): Promise<MailBody[]> {
  const rows = await db.query<Row>(
    `SELECT ${COLUMNS} FROM outbox ORDER BY created_at DESC, id DESC LIMIT 200`,
  )
  return rows.map((row) => toMail(row, config))
}

async function findMail(
  db: Queryable,
  config: Config,
  id: string,
): Promise<MailBody | undefined> {
  const [row] = await db.query<Row>(`SELECT ${COLUMNS} FROM outbox WHERE id = ?`, [id])
  return row && toMail(row, config)
}

function toMail(row: Row, config: Config): MailBody {
  return { ...row, ...writeMail(row.template, JSON.parse(row.facts), config) }
}

type Html = ReturnType<typeof html>

function list(mails: Mail[]): Html {
  if (mails.length === 0) return html`<p>No mails yet. They appear here by themselves.</p>`
  return html`
    <table>
      <tr><th>Subject</th><th>To</th><th>Written</th></tr>
      ${mails.map((mail) =>
        html`
          <tr>
            <td><a href="/${mail.id}">${mail.subject}</a></td>
            <td>${mail.to}</td>
            <td>${timeOf(mail.createdAt)}</td>
          </tr>
        `
      )}
    </table>
  `
}

/** The frame is sandboxed: whatever a mail holds, it runs no script here. Its links may open. */
function show(mail: MailBody): Html {
  return html`
    <p><a href="/">All mails</a></p>
    <dl>
      <dt>To</dt>
      <dd>${mail.to}</dd>
      <dt>Kind</dt>
      <dd>${mail.template}</dd>
      <dt>Written</dt>
      <dd>${timeOf(mail.createdAt)}</dd>
    </dl>
    <iframe
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      title="The mail as it looks"
      srcdoc="${'<base target="_blank">' + mail.html}"
    ></iframe>
    <h2>As plain text</h2>
    <pre>${mail.text}</pre>
  `
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  table { width: 100%; border-collapse: collapse }
  th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #8884 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
  dt { color: #777 } dd { margin: 0 }
  iframe { width: 100%; height: 16rem; border: 1px solid #8884; border-radius: 6px; background: #fff }
  pre { white-space: pre-wrap; padding: 1rem; border: 1px solid #8884; border-radius: 6px }
`

function page(title: string, content: Html, { refresh = false } = {}): Html {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            ${refresh ? html`<meta http-equiv="refresh" content="3">` : ''}
            <title>${title}</title>
            <style>${STYLE}</style>
          </head>
      <body>
            <h1>${title}</h1>
            ${content}
          </body>
    </html>
  `
}
