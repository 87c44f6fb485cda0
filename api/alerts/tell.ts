import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { queueMail } from '../mail/outbox.ts'
import { type AlertKind, alertKinds, wordsOf } from './kinds.ts'
import type { Notification, Told, ToldAlert } from './notification.ts'
import { listTellable, listToldLately, recordTold, type TellableAlert } from './tell_store.ts'

/** Of a kind a person is told at most so often: what comes meanwhile comes with the next. */
const QUIET_MS = 15 * 60_000

/** Named in a notification; the rest is counted. */
const NAMED = 20

/** Owns the mails to the operators in the outbox, for they belong to no account. */
const OPERATORS = 'operators'

/**
 * Tells the operators what is new, still so after a day, or over: one notification a kind, by mail
 * and by webhook, whichever is configured. Both leave by jobs that are enqueued with the note that
 * it was told.
 */
export async function tellAlerts(db: Db, deps: Deps): Promise<void> {
  const lately = await listToldLately(db, QUIET_MS)
  for (const kind of Object.keys(alertKinds) as AlertKind[]) {
    if (!lately.has(kind)) await tellOfKind(db, deps, kind)
  }
}

async function tellOfKind(db: Db, deps: Deps, kind: AlertKind): Promise<void> {
  const { once = false } = wordsOf(kind)
  const told = await db.transaction(async (tx) => {
    const alerts = await listTellable(tx, kind, { once })
    if (alerts.length === 0) return undefined
    await recordTold(tx, alerts)
    const notification = toNotification(kind, alerts)
    await send(tx, deps, notification)
    return notification
  })
  if (!told) return
  const { opened, reminded } = told
  const open = opened.count + reminded.count
  if (open > 0 && !once) deps.log.error('an operator should look', { code: kind, count: open })
  deps.wake()
}

async function send(tx: Queryable, deps: Deps, notification: Notification): Promise<void> {
  for (const email of deps.config.ALERT_EMAIL) {
    await queueMail(tx, deps, {
      template: 'alert',
      to: { userId: OPERATORS, email },
      causeId: deps.newId('alert'),
      facts: notification,
    })
  }
  if (!deps.alerter) return
  const notificationId = deps.newId('alert')
  await enqueue(tx, deps, 'alert.send', { notificationId, notification }, { topic: notificationId })
}

function toNotification(kind: AlertKind, alerts: TellableAlert[]): Notification {
  const over = (alert: TellableAlert) => alert.resolvedAt !== null
  return {
    kind,
    opened: toTold(alerts.filter((alert) => !over(alert) && alert.notifiedAt === null)),
    reminded: toTold(alerts.filter((alert) => !over(alert) && alert.notifiedAt !== null)),
    resolved: toTold(alerts.filter(over)),
  }
}

function toTold(alerts: TellableAlert[]): Told {
  return { count: alerts.length, some: alerts.slice(0, NAMED).map(toToldAlert) }
}

function toToldAlert({ subject, firstSeenAt, detail, resolvedAt }: TellableAlert): ToldAlert {
  const facts = Object.entries(JSON.parse(detail) as Record<string, unknown>)
  const text = facts.map(([name, value]) => `${name} ${plain(value)}`).join(', ')
  return {
    subject,
    since: firstSeenAt.toISOString(),
    detail: resolvedAt === null ? shortened(text) : '',
  }
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const LONGEST = 300

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
