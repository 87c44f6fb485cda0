import { Hono } from 'hono'
import { html } from 'hono/html'
import type { ReceivedMail } from './emulator.ts'

/** The pages of the mailbox: all mails, newest first, and each by itself. */
export function pageRoutes(mails: readonly ReceivedMail[]) {
  return new Hono()
    .get('/', (c) => c.html(html`<p>${mails.length === 0 ? 'No mails yet' : ''}</p>`))
}
