import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { raiseAlert, resolveAlert } from '../api/alerts/alerts.ts'
import type { AlertKind } from '../api/alerts/kinds.ts'
import type { Notification } from '../api/alerts/notification.ts'
import { openAlerts, paidOrder } from './support/money.ts'
import { withholdWebhooks } from './support/faults.ts'
import { serve } from './support/serve.ts'
import { type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const OPERATOR = 'ops@spawnpoint.test'

interface Posted {
  text: string
  content: string
  alert: Notification & { id: string; mend: string }
}

let shop: Shop
const receiver = serve()
let posted: Posted[] = []
let answerWith = () => new Response(null, { status: 204 })
receiver.handler = async (request) => {
  posted.push(await request.json())
  return answerWith()
}

beforeAll(async () => {
  shop = await startShop({
    environment: {
      ALERT_EMAIL: OPERATOR,
      ALERT_WEBHOOK_URL: `${receiver.url}/services/canary-of-the-alerts-address`,
    },
  })
})

afterEach(async () => {
  shop.faults.clear()
  answerWith = () => new Response(null, { status: 204 })
  await shop.db.run('DELETE FROM alerts')
  await shop.db.run("DELETE FROM jobs WHERE name = 'alert.send'")
  await shop.drain()
  posted = []
})

afterAll(async () => {
  await shop.stop()
  await receiver.stop()
})

function raise(kind: AlertKind, subject: string, confirmAfterMs?: number): Promise<void> {
  return raiseAlert(shop.db, shop.deps, {
    kind,
    subject,
    confirmAfterMs,
    detail: { seen: subject },
  })
}

/** The sweep that tells, and the jobs it made. */
async function tell(): Promise<Posted[]> {
  const before = posted.length
  await shop.sweep('alerts')
  await shop.drain()
  return posted.slice(before)
}

async function mails(): Promise<number> {
  const [row] = await shop.db.query<{ n: number }>(
    "SELECT COUNT(*) AS n FROM outbox WHERE template = 'alert'",
  )
  return Number(row?.n)
}

test('an alert is told once by webhook and mail: what, since when, and what to do', async () => {
  await raise('order_needs_review', 'ord_1')
  const [told, ...more] = await tell()
  expect(more).toEqual([])
  expect(told?.alert).toMatchObject({ kind: 'order_needs_review', opened: { count: 1 } })
  expect(told?.text).toBe(told?.content)
  for (const words of ['order needs review: 1 new', 'ord_1', 'seen ord_1', 'deno task orders']) {
    expect(told?.text).toContain(words)
  }
  const mail = await shop.mailTo(OPERATOR, 'alert')
  expect(mail.subject).toContain('order needs review: 1 new')
  expect(mail.text).toContain('ord_1')
  expect(await tell()).toEqual([])
})

test('six hundred alerts within an hour are at most twelve notifications', async () => {
  const before = await mails()
  const notifications: Posted[] = []
  for (let minute = 0; minute < 60; minute++) {
    for (let nth = 0; nth < 10; nth++) {
      await raise(nth % 2 ? 'order_needs_review' : 'orphan_payment', `ord_${minute}_${nth}`)
    }
    notifications.push(...await tell())
    shop.clock.advance(MINUTE_MS)
  }
  shop.clock.advance(15 * MINUTE_MS)
  notifications.push(...await tell())
  expect(notifications.reduce((all, { alert }) => all + alert.opened.count, 0)).toBe(600)
  expect(notifications.length).toBeLessThanOrEqual(12)
  expect(await mails() - before).toBe(notifications.length)
})

test('what must be seen twice is told when it was, and not before', async () => {
  await raise('orphan_server', 'srv_1', 10 * MINUTE_MS)
  expect(await tell()).toEqual([])
  shop.clock.advance(11 * MINUTE_MS)
  await raise('orphan_server', 'srv_1', 10 * MINUTE_MS)
  expect((await tell()).map(({ alert }) => alert.kind)).toEqual(['orphan_server'])
})

test('what is over is told once, and what is open after a day is told again', async () => {
  await raise('capacity_low', 'frankfurt')
  await raise('capacity_low', 'singapore')
  await tell()
  await resolveAlert(shop.db, { kind: 'capacity_low', subject: 'frankfurt' })
  shop.clock.advance(16 * MINUTE_MS)
  const [over] = await tell()
  expect(over?.alert.resolved).toMatchObject({ count: 1, some: [{ subject: 'frankfurt' }] })
  expect(await tell()).toEqual([])
  shop.clock.advance(25 * 60 * MINUTE_MS)
  await raise('capacity_low', 'singapore')
  const again = (await tell()).find(({ alert }) => alert.kind === 'capacity_low')
  expect(again?.alert).toMatchObject({ reminded: { count: 1 }, opened: { count: 0 } })
})

test('what was over before anybody was told is not told at all', async () => {
  await raise('capacity_low', 'frankfurt')
  await resolveAlert(shop.db, { kind: 'capacity_low', subject: 'frankfurt' })
  expect(await tell()).toEqual([])
})

test('the report of a day is told once, and never as over', async () => {
  await raise('money_report', '2026-11-24')
  expect((await tell()).map(({ alert }) => alert.kind)).toEqual(['money_report'])
  await resolveAlert(shop.db, { kind: 'money_report', subject: '2026-11-24' })
  shop.clock.advance(25 * 60 * MINUTE_MS)
  expect((await tell()).filter(({ alert }) => alert.kind === 'money_report')).toEqual([])
})

test.each([
  ['away', () => new Response(null, { status: 503 })],
  ['leading elsewhere', () => Response.redirect('http://127.0.0.1:1/inner', 302)],
])(
  'a receiver that is %s is tried again with the same id, holds up no mail, and stands in no error',
  async (_, refusal) => {
    answerWith = refusal
    const before = await mails()
    await raise('job_dead', 'job_1')
    await tell()
    expect(await mails()).toBe(before + 1)
    const [job] = await shop.db.query<{ lastError: string; status: string }>(
      "SELECT last_error AS lastError, status FROM jobs WHERE name = 'alert.send' AND status = 'ready'",
    )
    expect(job).toMatchObject({ status: 'ready' })
    expect(job?.lastError).toMatch(/ALERT_WEBHOOK_URL answers (503|302)/)
    answerWith = () => new Response(null, { status: 204 })
    await shop.pass(10 * MINUTE_MS, () => Promise.resolve(posted.length > 1))
    expect(new Set(posted.map(({ alert }) => alert.id)).size).toBe(1)
    expect(shop.lines.join('')).not.toContain('canary-of-the-alerts-address')
  },
)

test('who waits for more than a quarter of an hour is told of, until the server runs', async () => {
  shop.faults.order({ on: { service: 'panel' }, fault: { name: 'status', status: 503 } })
  const { orderId } = await paidOrder(shop)
  await tell()
  expect(await openAlerts(shop, 'order_late')).toEqual([])
  shop.clock.advance(16 * MINUTE_MS)
  await tell()
  expect(await openAlerts(shop, 'order_late')).toEqual([orderId])
  shop.faults.clear()
  await shop.pass(30 * MINUTE_MS)
  await tell()
  expect(await openAlerts(shop, 'order_late')).toEqual([])
})

test('events that never come, hour after hour, are told of', async () => {
  withholdWebhooks(shop)
  await paidOrder(shop)
  shop.clock.advance(10 * MINUTE_MS)
  await shop.sweep('stripe')
  expect(await tell()).toEqual([])
  await paidOrder(shop)
  shop.clock.advance(60 * MINUTE_MS)
  await shop.sweep('stripe')
  expect((await tell()).map(({ alert }) => alert.kind)).toContain('webhook_missed')
  await shop.sweep('stripe')
  expect(await openAlerts(shop, 'webhook_missed')).toEqual([])
})

test('refused signatures and a sweep that stopped are told of', async () => {
  await shop.sweep('ledger')
  for (let nth = 0; nth < 6; nth++) {
    await fetch(`${shop.url}/api/stripe/webhook`, { method: 'POST', body: '{}' })
  }
  await shop.db.run(
    "UPDATE sweeps SET last_success_at = {now} - INTERVAL 2 HOUR WHERE name = 'ledger'",
  )
  await shop.sweep('alerts')
  expect(await openAlerts(shop, 'webhook_refused')).toEqual(['shop'])
  expect(await openAlerts(shop, 'sweep_late')).toEqual(['ledger'])
  await shop.sweep('ledger')
  shop.clock.advance(6 * MINUTE_MS)
  await shop.sweep('alerts')
  expect(await openAlerts(shop, 'webhook_refused')).toEqual([])
  expect(await openAlerts(shop, 'sweep_late')).toEqual([])
})
