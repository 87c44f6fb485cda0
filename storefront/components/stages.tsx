import type { OrderBody } from '../../api/orders/bodies.ts'
import { type OrderPhase, phaseOf } from '../order_phase.ts'
import { orderWords } from '../words/orders.ts'

/** Which of the four stages an order is at; one that has ended otherwise is at none. */
const stageOf: Partial<Record<OrderPhase, number>> = {
  pending: 0,
  payment_processing: 1,
  needs_review: 1,
  paid: 2,
  waiting: 2,
  provisioning: 2,
  provision_failed: 2,
  provisioned: 4,
}

/** How far the order is, in one glance. */
export function Stages({ order, awaited }: { order: OrderBody; awaited: boolean }) {
  const stage = awaited ? 1 : stageOf[phaseOf(order)]
  if (stage === undefined) return null
  return (
    <ol class='stages' aria-label={orderWords.stagesLabel}>
      {orderWords.stages.map((label, index) => (
        <li
          key={label}
          class={`stage stage-${progress(index, stage)}`}
          aria-current={index === stage ? 'step' : undefined}
        >
          {label}
          {index < stage && <span class='heard'>{orderWords.stageDone}</span>}
        </li>
      ))}
    </ol>
  )
}

function progress(index: number, stage: number): 'done' | 'now' | 'later' {
  if (index === stage) return 'now'
  return index < stage ? 'done' : 'later'
}
