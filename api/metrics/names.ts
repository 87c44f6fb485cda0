/** Every counter there is, with what it counts and the labels it has. */
export const counters = {
  reconcile_found_total: {
    help: 'What sweeps found that the fast path had missed',
    labels: ['kind'],
  },
  lease_expired_total: { help: 'Jobs taken over from a worker that died', labels: [] },
  fenced_write_lost_total: { help: 'Writes refused as their lease was lost', labels: [] },
  jobs_total: {
    help: 'Attempts of jobs, by how they ended: done, waits, failed, dead or lost',
    labels: ['job', 'outcome'],
  },
  db_errors_total: { help: 'Errors of the database', labels: ['errno'] },
  db_tx_retries_total: { help: 'Transactions that ran again', labels: [] },
  http_requests_total: { help: 'Requests answered', labels: ['method', 'status'] },
  auth_failures_total: { help: 'Requests refused with 401', labels: ['reason'] },
  refresh_reuse_total: {
    help: 'Refresh tokens that came a second time, which ends their session',
    labels: [],
  },
  webhook_received_total: {
    help: 'Deliveries to the webhook: stored, duplicate, unreadable or refused',
    labels: ['type', 'result'],
  },
  webhook_signature_failures_total: {
    help: 'Deliveries to the webhook whose signature is not Stripe’s',
    labels: [],
  },
  panel_requests_total: { help: 'Calls to the panel', labels: ['op', 'code'] },
  stripe_requests_total: { help: 'Calls to Stripe', labels: ['op', 'code'] },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>

/** Every histogram, with the upper bounds of its buckets in seconds. */
export const histograms = {
  paid_to_active_seconds: {
    help: 'From the payment to the running server',
    labels: [],
    buckets: [5, 15, 30, 60, 120, 300, 900, 3600, 21_600, 86_400],
  },
  webhook_ingest_seconds: {
    help: 'From the first byte of a webhook to its answer',
    labels: [],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
} as const satisfies Record<
  string,
  { help: string; labels: readonly string[]; buckets: readonly number[] }
>

export type CounterName = keyof typeof counters
export type HistogramName = keyof typeof histograms
export type Labels = Record<string, string>
