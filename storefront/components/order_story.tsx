import { useSignal } from '@preact/signals'
import type { OrderBody } from '../../api/orders/bodies.ts'
import { api } from '../api.ts'
import { type Followed, PATIENCE } from '../order_follow.ts'
import { formatClock, formatDateTime, formatMoney } from '../format.ts'
import { phaseOf } from '../order_phase.ts'
import { orderHeadlines, orderWords, waitingHeadlines } from '../words/orders.ts'
import { perTerm } from '../words/plans.ts'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { Address } from './copy_button.tsx'
import { Icon } from './icon.tsx'
import { type Beam, Island } from './island.tsx'
import { LoadFailed } from './loaded.tsx'
import { ProblemNotice } from './notice.tsx'
import { Stages } from './stages.tsx'
import { Timeline } from './timeline.tsx'
import { Bones, Waiting } from './waiting.tsx'

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
    return error && stopped
      ? <LoadFailed error={error} whole onRetry={onChange} />
      : <Waiting skeleton={<StoryBones />} whole onRetry={onChange} />
  }
  const { order, timeline } = story
  const isStopped = /^(ending|on_hold)$/.test(phaseOf(order))
  const awaited = returning && order.status === 'pending' && followed.looks < PATIENCE
  const beam = awaited ? 'working' : beamOf(order)
  return (
    <article class='order'>
      <div class='scene'>
        <Island beam={beam} />
        <div class='scene-words'>
          <OrderStatus order={order} awaited={awaited} />
          {server?.address && !isStopped && <Address address={server.address} />}
          {order.refundAt && !isStopped && <RefundClock at={order.refundAt} />}
          {error && <p class='field-error' role='status'>{orderWords.offline}</p>}
          {!awaited && <OrderActions order={order} returning={returning} onChange={onChange} />}
        </div>
      </div>
      <Stages order={order} awaited={awaited} />
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
      <p class='scene-name'>{order.serverName}</p>
      <h1>{awaited ? orderWords.confirmingHeadline : headlineOf(order)}</h1>
      <p class='lead'>{awaited ? orderWords.confirming : order.statusText}</p>
    </div>
  )
}

/** When the money goes back by itself. */
function RefundClock({ at }: { at: string }) {
  return (
    <p class='refund-clock'>
      <Icon name='clock' />
      <span>{orderWords.refundAt(formatDateTime(at))}</span>
    </p>
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
      {['expired', 'canceled', 'refunded'].includes(order.status) && (
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
    [words.name, order.serverName],
    [words.plan, order.planName],
    [words.region, order.regionName],
    [words.price, `${formatMoney(order.unitAmount, order.currency)} ${perTerm(order.term)}`],
    [words.placed, formatDateTime(order.createdAt)],
    order.paidAt ? [words.paid, formatDateTime(order.paidAt)] : [],
    order.returnedAmount ? [words.returned, formatMoney(order.returnedAmount, order.currency)] : [],
    order.checkoutUrl && order.expiresAt ? [words.payUntil, formatClock(order.expiresAt)] : [],
  ]
  return (
    <section class='card facts' aria-labelledby='facts-heading'>
      <h2 id='facts-heading' class='legend'>{words.details}</h2>
      <dl>
        {rows.filter((row) => row.length > 0).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div class='facts-id'>
          <dt>{words.number}</dt>
          <dd>{order.id}</dd>
        </div>
      </dl>
    </section>
  )
}

function StoryBones() {
  return (
    <div class='order'>
      <div class='scene'>
        <Island beam='off' />
        <Bones of={['title', 'heading', 'line', 'button']} />
      </div>
      <div class='order-body'>
        <Bones of={['heading', 'step', 'step', 'step']} />
        <div class='card'>
          <Bones of={['title', 'line', 'line', 'line', 'line']} />
        </div>
      </div>
    </div>
  )
}

function headlineOf(order: OrderBody): string {
  const phase = phaseOf(order)
  const waiting = phase === 'waiting' && waitingHeadlines[order.waitingFor ?? '']
  return waiting || orderHeadlines[phase]
}

function beamOf(order: OrderBody): Beam {
  const phase = phaseOf(order)
  if (phase === 'provisioned') return 'lit'
  return order.atRest || /^(pending|ending|on_hold)$/.test(phase) ? 'off' : 'working'
}
