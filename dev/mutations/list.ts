/** One safeguard taken out of the code, and the test that must notice. */
export interface Mutation {
  name: string
  file: string
  /** Stands exactly once in `file`. */
  search: string
  replace: string
  /** A file of tests, and a part of the test's name as it stands there. */
  caughtBy: { file: string; test: string }
}

export const mutations: Mutation[] = [
  {
    name: 'acknowledge an event that was not stored',
    file: 'api/payments/receive_event.ts',
    search: '    if (!isDuplicate(error)) throw error\n',
    replace: '',
    caughtBy: {
      file: 'tests/safeguards.test.ts',
      test: 'an event that cannot be stored is not acknowledged',
    },
  },
  {
    name: 'no unique key for waiting jobs',
    file: 'api/jobs/queue.ts',
    search: 'JSON.stringify(payload), key, key, microseconds(delayMs)]',
    replace: 'JSON.stringify(payload), key, null, microseconds(delayMs)]',
    caughtBy: {
      file: 'tests/jobs.test.ts',
      test: 'enqueue() adds nothing while a job on the topic waits',
    },
  },
  {
    name: 'claim without looking whether the row is due',
    file: 'api/jobs/queue.ts',
    search: "AND status = 'ready' AND run_at <= {now}`,\n    [leaseToken",
    replace: "AND status = 'ready'`,\n    [leaseToken",
    caughtBy: {
      file: 'tests/jobs.test.ts',
      test: 'claimJobs() gives each of 200 jobs to exactly one',
    },
  },
  {
    name: 'finish without the lease token',
    file: 'api/jobs/queue.ts',
    search:
      "WHERE id = ? AND lease_token = ? AND status = 'ready'`,\n    [row.id, row.leaseToken],",
    replace: "WHERE id = ? AND ? <> '' AND status = 'ready'`,\n    [row.id, row.leaseToken],",
    caughtBy: {
      file: 'tests/jobs.test.ts',
      test: 'a lease that ran out is claimed again',
    },
  },
  {
    name: 'renew a lease that was lost',
    file: 'api/jobs/queue.ts',
    search:
      "WHERE id = ? AND lease_token = ? AND status = 'ready'`,\n    [microseconds(LEASE_MS), row.id",
    replace: "WHERE id = ? AND ? <> '' AND status = 'ready'`,\n    [microseconds(LEASE_MS), row.id",
    caughtBy: { file: 'tests/jobs.test.ts', test: 'renew() keeps a job for a worker that lives' },
  },
  {
    name: 'move an order from any state',
    file: 'api/orders/store.ts',
    search: 'UPDATE orders SET status = ? WHERE id = ? AND status IN (${placeholders(from)})',
    replace: "UPDATE orders SET status = ? WHERE id = ? AND '' NOT IN (${placeholders(from)})",
    caughtBy: {
      file: 'tests/safeguards.test.ts',
      test: 'a payment seen by five at the same moment',
    },
  },
  {
    name: 'trust the first look after a create of unknown outcome',
    file: 'api/servers/check.ts',
    search: '!server.createAnswered && age < UNCONFIRMED_MS',
    replace: '!server.createAnswered && age < 0',
    caughtBy: {
      file: 'tests/recovery.test.ts',
      test: 'a server seen after an unconfirmed create does not count',
    },
  },
  {
    name: 'no comparison of the amount',
    file: 'api/payments/differences.ts',
    search: 'amount_total: totals.includes(session.amountTotal)',
    replace: 'amount_total: totals.length > 0',
    caughtBy: { file: 'tests/tampering.test.ts', test: '' },
  },
  {
    name: 'no comparison of anything that was paid',
    file: 'api/payments/differences.ts',
    search: '.filter((name) => !checks[name])',
    replace: '.filter((name) => !checks[name] && !name)',
    caughtBy: { file: 'tests/tampering.test.ts', test: '' },
  },
  {
    name: 'run a transaction again without its rollback',
    file: 'api/mysql.ts',
    search: '(!hopeless && await session.rollBack())',
    replace: '!hopeless',
    caughtBy: {
      file: 'tests/safeguards_database.test.ts',
      test: 'a duplicate in a transaction undoes it',
    },
  },
  {
    name: 'keep the connection on which a lock was waited for too long',
    file: 'api/db_errors.ts',
    search: "return { done: 'undone', rollback: true, connection: 'destroy', next: 'rerun' }",
    replace: "return { done: 'undone', rollback: true, connection: 'keep', next: 'rerun' }",
    caughtBy: {
      file: 'tests/database_errors.test.ts',
      test: 'is undone by hand and run again whole',
    },
  },
  {
    name: 'create without looking up first',
    file: 'api/servers/provision.ts',
    search: 'const there = await deps.panel.findServer(externalId, { yields: true })',
    replace: 'const there = await deps.panel.findServer(externalId + "x", { yields: true })',
    caughtBy: {
      file: 'tests/recovery.test.ts',
      test: 'after ⑥: the process died before it wrote the server down',
    },
  },
  {
    name: 'accept signatures from the future',
    file: 'api/payments/stripe.ts',
    search: '  refuseFuture(header, now())\n',
    replace: '',
    caughtBy: { file: 'tests/webhook.test.ts', test: 'the webhook refuses' },
  },
  {
    name: 'accept signatures of any age',
    file: 'api/payments/stripe.ts',
    search: '      TOLERANCE_S,\n      undefined,',
    replace: '      1e12,\n      undefined,',
    caughtBy: { file: 'tests/webhook.test.ts', test: 'the webhook refuses' },
  },
  {
    name: 'try the first webhook secret only',
    file: 'api/payments/stripe.ts',
    search: 'for (const secret of webhookSecrets) {',
    replace: 'for (const secret of webhookSecrets.slice(0, 1)) {',
    caughtBy: { file: 'tests/webhook.test.ts', test: 'each secret of the list is accepted' },
  },
  {
    name: 'act on events of the other mode',
    file: 'api/payments/receive_event.ts',
    search: "if (event.livemode !== isLive(deps.config)) return 'livemode'",
    replace: '',
    caughtBy: { file: 'tests/webhook.test.ts', test: 'an event flagged' },
  },
  {
    name: 'return the whole payment whatever went back before',
    file: 'api/payments/refund.ts',
    search: 'const amount = moneyLeft(money)',
    replace: 'const amount = moneyLeft({ ...money, refunds: [], disputes: [] })',
    caughtBy: { file: 'tests/refund.test.ts', test: 'what was returned by hand is not returned' },
  },
  {
    name: 'give a place back twice',
    file: 'api/checkout/capacity.ts',
    search: "WHERE order_id = ? AND released_at IS NULL',\n    [orderId],\n  )\n  if (affectedRows",
    replace: "WHERE order_id = ?',\n    [orderId],\n  )\n  if (affectedRows",
    caughtBy: { file: 'tests/capacity.test.ts', test: 'a hold ends once' },
  },
  {
    name: 'keep the second payment of an order',
    file: 'api/payments/extra.ts',
    search: "    await enqueue(tx, deps, 'payment.return', { paymentId }, { topic: paymentId })\n",
    replace: '',
    caughtBy: { file: 'tests/paid_twice.test.ts', test: 'two tabs paying two sessions' },
  },
  {
    name: 'a key of its own for each try to open a session',
    file: 'api/checkout/open.ts',
    search: 'const key = `checkout:${session.orderId}:${session.attempt}`',
    replace: "const key = deps.newId('order')",
    caughtBy: {
      file: 'tests/recovery.test.ts',
      test: 'after ②: the answer was lost; the retry finds the same session',
    },
  },
  {
    name: 'no deadline for an order that was paid',
    file: 'api/payments/paid.ts',
    search: "  await enqueue(tx, deps, 'order.refund', { orderId: order.id }, deadline)\n",
    replace: '  deps.log.info(deadline.topic)\n',
    caughtBy: { file: 'tests/refund.test.ts', test: 'the deadline needs no sweep' },
  },
  {
    name: 'refund an order that was delivered in time',
    file: 'api/payments/refund.ts',
    search: '  if (leftMs === undefined) return false\n',
    replace: '  if (leftMs === undefined) return true\n',
    caughtBy: {
      file: 'tests/refund.test.ts',
      test: 'a server that comes in the moment of the deadline',
    },
  },
  {
    name: 'delete while a create may still take effect',
    file: 'api/servers/delete.ts',
    search: 'sentMs !== undefined && sentMs < CREATE_MAY_COME_MS',
    replace: 'sentMs !== undefined && sentMs < 0',
    caughtBy: { file: 'tests/refund.test.ts', test: 'a create under way at the deadline' },
  },
  {
    name: 'never look again at an active server',
    file: 'api/servers/check.ts',
    search: '  if (!there) return await recordMissing(db, deps, server)\n',
    replace: '',
    caughtBy: {
      file: 'tests/recovery.test.ts',
      test: 'a server that vanishes after it was active',
    },
  },
  {
    name: 'hold a place whether or not there is room',
    file: 'api/checkout/capacity.ts',
    search: 'AND memory_mib_foreign + memory_mib_held + ? <= memory_mib_limit',
    replace: 'AND memory_mib_foreign + memory_mib_held + ? >= 0',
    caughtBy: { file: 'tests/capacity.test.ts', test: 'twenty buyers and room for three' },
  },
]
