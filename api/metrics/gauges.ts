import type { Queryable } from '../db.ts'

/** A number as it is now, read of the database when it is asked for. */
interface Gauge {
  help: string
  /** Gives `labels` as Prometheus writes them, empty for none, and `value`. */
  sql: string
}

const SECONDS_SINCE = (column: string) => `TIMESTAMPDIFF(MICROSECOND, ${column}, {now}) / 1000000`

const LABEL = (name: string, column: string) => `CONCAT('${name}="', ${column}, '"')`

/** Every gauge there is. Each asks by an index, and all of them take a few milliseconds. */
export const gauges: Record<string, Gauge> = {
  orders_by_state: {
    help: 'Orders, by their state',
    sql: `SELECT ${LABEL('state', 'status')} AS labels, COUNT(*) AS value
      FROM orders GROUP BY status`,
  },
  order_age_seconds_max: {
    help: 'Seconds since the payment of the oldest order that is neither delivered nor at its end',
    sql: `SELECT ${LABEL('state', 'status')} AS labels, ${SECONDS_SINCE('MIN(paid_at)')} AS value
      FROM orders WHERE paid_at IS NOT NULL
        AND status IN ('paid', 'provisioning', 'provision_failed', 'needs_review') GROUP BY status`,
  },
  webhook_seconds_since_last: {
    help: 'Seconds since the last event of Stripe came in',
    sql: `SELECT '' AS labels, ${SECONDS_SINCE('MAX(received_at)')} AS value
      FROM stripe_events HAVING value IS NOT NULL`,
  },
  events_waiting: {
    help: 'Events of Stripe that are not acted on yet',
    sql: `SELECT '' AS labels, COUNT(*) AS value FROM stripe_events WHERE status = 'ready'`,
  },
  jobs_ready: {
    help: 'Jobs that are due and that nobody has taken',
    sql: `SELECT '' AS labels, COUNT(*) AS value FROM jobs
      WHERE status = 'ready' AND run_at <= {now}`,
  },
  jobs_running: {
    help: 'Jobs that a worker has taken',
    sql: `SELECT '' AS labels, COUNT(*) AS value FROM jobs
      WHERE status = 'ready' AND lease_token IS NOT NULL AND run_at > {now}`,
  },
  jobs_dead: {
    help: 'Jobs that are not tried any more',
    sql: `SELECT '' AS labels, COUNT(*) AS value FROM jobs WHERE status = 'dead'`,
  },
  job_oldest_ready_seconds: {
    help: 'Seconds for which the oldest due job has been waiting',
    sql: `SELECT '' AS labels, COALESCE(${SECONDS_SINCE('MIN(run_at)')}, 0) AS value FROM jobs
      WHERE status = 'ready' AND run_at <= {now}`,
  },
  reconcile_last_success_seconds: {
    help: 'Seconds since each sweep last went through',
    sql: `SELECT ${LABEL('sweep', 'name')} AS labels, ${SECONDS_SINCE('last_success_at')} AS value
      FROM sweeps WHERE last_success_at IS NOT NULL`,
  },
  panel_circuit_open: {
    help: '1 while the shop does not call the panel, as it is away or refuses us',
    sql: "SELECT '' AS labels, open_kind IS NOT NULL AS value FROM panel_gate",
  },
  alerts_open: {
    help: 'What an operator should look at, by its kind',
    sql: `SELECT ${LABEL('kind', 'kind')} AS labels, COUNT(*) AS value FROM alerts
      WHERE resolved_at IS NULL AND confirmed_at IS NOT NULL GROUP BY kind`,
  },
  orphan_payments: {
    help: 'Paid checkout sessions of this shop that no order knows',
    sql: openAlerts('orphan_payment'),
  },
  ghost_servers: {
    help: 'Delivered servers that are not at the panel any more',
    sql: openAlerts('server_missing'),
  },
  orphan_servers: {
    help: 'Servers of this shop at the panel that no order wants',
    sql: openAlerts('orphan_server'),
  },
  mail_outbox_oldest_seconds: {
    help: 'Seconds for which the oldest mail has been waiting',
    sql: `SELECT '' AS labels, COALESCE(${SECONDS_SINCE('MIN(created_at)')}, 0) AS value
      FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL`,
  },
  region_memory_free_mib: {
    help: 'Memory that can still be sold in a region',
    sql: `SELECT ${LABEL('region', 'region_id')} AS labels,
        SUM(GREATEST(0, memory_mib_limit - memory_mib_foreign - memory_mib_held)) AS value
      FROM panel_nodes WHERE sellable = 1 GROUP BY region_id`,
  },
  region_ports_free: {
    help: 'Allocations that can still be given to a server in a region',
    sql: `SELECT ${LABEL('region', 'region_id')} AS labels,
        SUM(GREATEST(0, ports_limit - ports_foreign - ports_held)) AS value
      FROM panel_nodes WHERE sellable = 1 GROUP BY region_id`,
  },
}

function openAlerts(kind: string): string {
  return `SELECT '' AS labels, COUNT(*) AS value FROM alerts
    WHERE kind = '${kind}' AND resolved_at IS NULL AND confirmed_at IS NOT NULL`
}

export async function readGauge(db: Queryable, { sql }: Gauge): Promise<GaugeValue[]> {
  const rows = await db.query<{ labels: string; value: number | string }>(sql)
  return rows.map(({ labels, value }) => ({ labels, value: Number(value) }))
}

export interface GaugeValue {
  labels: string
  value: number
}
