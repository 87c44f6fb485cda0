import { useSignal } from '@preact/signals'
import type { OrderBody } from '../../api/orders/bodies.ts'
import { api } from '../api.ts'
import { type Followed, PATIENCE } from '../order_follow.ts'
import { formatClock, formatDateTime, formatMoney } from '../format.ts'
import { orderHeadlines, orderWords, waitingHeadlines } from '../words/orders.ts'
import { perTerm } from '../words/plans.ts'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { Address } from './copy_button.tsx'
import { type Beam, Island } from './island.tsx'
import { LoadFailed, Waiting } from './loaded.tsx'
import { ProblemNotice } from './notice.tsx'
import { Timeline } from './timeline.tsx'

interface Props {
  followed: Followed
  /** True on the page Stripe leads back to, where a payment is expected any moment. */
  returning?: boolean
  /** Called when the order was changed here and should be looked at anew. */
  onChange(): void
}

/** An order told from its beginning to what comes next, whatever its state. */
export function OrderStory({ followed, returning = false, onChange }: Props) {
  const { story, server, error, stopped } = followed
  if (!story || error?.problem.status === 401) {
    return error && stopped ? <LoadFailed error={error} onRetry={onChange} /> : <Waiting />
  }
  const { order, timeline } = story
  const awaited = returning && order.status === 'pending' && followed.looks < PATIENCE
  return (
    <article class='order'>
      <div class='order-head'>
        <Island beam={awaited ? 'working' : beamOf(order)} small />
        <div>
          <OrderStatus order={order} awaited={awaited} />
          {order.refundAt && !order.atRest && (
            <p class='order-promise'>{orderWords.refundAt(formatDateTime(order.refundAt))}</p>
          )}
          {error && <p class='field-error' role='status'>{orderWords.offline}</p>}
          {server?.address && <Address address={server.address} />}
          {!awaited && <OrderActions order={order} returning={returning} onChange={onChange} />}
        </div>
      </div>
      <div class='order-body'>
        <Timeline entries={timeline} heading={orderWords.heading} atRest={order.atRest} />
        <OrderDetails order={order} />
      </div>
    </article>
  )
}

/** The order's state in words; `awaited` while a payment may arrive any second. */
function OrderStatus({ order, awaited }: { order: OrderBody; awaited: boolean }) {
  return (
    <div role='status' data-testid='order-status' data-status={order.status}>
      <h1>{awaited ? orderWords.confirmingHeadline : headlineOf(order)}</h1>
      <p class='lead'>{awaited ? orderWords.confirming : order.statusText}</p>
    </div>
  )
}

function OrderActions(
  { order, returning, onChange }: Omit<Props, 'followed'> & { order: OrderBody },
) {
  return (
    <>
      {order.status === 'pending' && order.checkoutUrl && (
        <>
          {returning && <p>{orderWords.unheard}</p>}
          <OpenOrder order={order} onChange={onChange} />
        </>
      )}
      {order.status === 'provisioned' && order.serverId && (
        <p>
          <a class='button' href={`/servers/${order.serverId}`}>{orderWords.server}</a>
        </p>
      )}
      {(order.status === 'expired' || order.status === 'canceled') && (
        <p>
          <a class='button' href={`/plans/${order.planId}`}>{orderWords.again}</a>
        </p>
      )}
    </>
  )
}

/** What a customer can do with an order that is not paid: go on to Stripe, or let it go. */
export function OpenOrder({ order, onChange }: { order: OrderBody; onChange(): void }) {
  const pending = useSignal(false)
  const error = useSignal<ProblemError | undefined>(undefined)
  async function cancel() {
    pending.value = true
    error.value = undefined
    try {
      await api.cancelOrder(order.id)
    } catch (thrown) {
      error.value = asProblem(thrown)
    }
    pending.value = false
    onChange()
  }
  return (
    <>
      {error.value && <ProblemNotice error={error.value} />}
      <p class='actions'>
        <a class='button' href={order.checkoutUrl ?? ''}>{orderWords.pay}</a>
        <button
          type='button'
          class='button button-quiet'
          disabled={pending.value}
          onClick={cancel}
        >
          {pending.value ? orderWords.canceling : orderWords.cancel}
        </button>
      </p>
    </>
  )
}

function OrderDetails({ order }: { order: OrderBody }) {
  const words = orderWords
  const rows = [
    [words.plan, order.planName],
    [words.region, order.regionName],
    [words.price, `${formatMoney(order.unitAmount, order.currency)} ${perTerm(order.term)}`],
    [words.placed, formatDateTime(order.createdAt)],
    order.paidAt ? [words.paid, formatDateTime(order.paidAt)] : [],
    order.checkoutUrl && order.expiresAt ? [words.payUntil, formatClock(order.expiresAt)] : [],
    [words.number, order.id],
  ]
  return (
    <section class='facts' aria-labelledby='facts-heading'>
      <h2 id='facts-heading'>{words.details}</h2>
      <p class='facts-name'>{order.serverName}</p>
      <dl>
        {rows.filter((row) => row.length > 0).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function headlineOf(order: OrderBody): string {
  return waitingHeadlines[order.waitingFor ?? ''] ?? orderHeadlines[order.status]
}

function beamOf({ status, atRest }: OrderBody): Beam {
  if (status === 'provisioned') return 'lit'
  return atRest || status === 'pending' ? 'off' : 'working'
}
