import { useEffect, useState } from 'preact/hooks'
import type { OrderBody } from '../../api/orders/bodies.ts'
import { api } from '../api.ts'
import { formatClock } from '../format.ts'
import { configureWords } from '../words/configure.ts'
import { Notice } from './notice.tsx'
import { OpenOrder } from './order_story.tsx'

/** Offers the order somebody left unpaid, so that going back from Stripe does not make a second one. */
export function OpenDraftOrder({ orderId }: { orderId?: string }) {
  const [order, setOrder] = useState<OrderBody | undefined>(undefined)
  const [version, setVersion] = useState(0)
  useEffect(() => {
    if (!orderId) return
    const controller = new AbortController()
    api.getOrder(orderId, controller.signal).then(
      (story) => setOrder(story.order),
      // An order that cannot be shown here is still on the orders page; the form works without.
      () => {},
    )
    return () => controller.abort()
  }, [orderId, version])

  if (order?.status === 'canceled') return <p role='status'>{configureWords.canceledDropped}</p>
  if (order?.status !== 'pending' || !order.checkoutUrl) return null
  return (
    <Notice title={configureWords.canceledHeading}>
      <p>{configureWords.canceledBody(order.expiresAt && formatClock(order.expiresAt))}</p>
      <OpenOrder order={order} onChange={() => setVersion(version + 1)} />
    </Notice>
  )
}
