import type { OrderBody } from '../../api/orders/bodies.ts'
import { api } from '../api.ts'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Empty, Row } from '../components/row.tsx'
import { Bones } from '../components/waiting.tsx'
import { formatDateTime, formatMoney } from '../format.ts'
import { useLoad } from '../use_load.ts'
import { phaseOf } from '../order_phase.ts'
import { orderLabels, ordersWords } from '../words/orders.ts'
import { perTerm } from '../words/plans.ts'

export function Orders() {
  useTitle(ordersWords.title)
  const load = useLoad('orders', api.getOrders)
  return (
    <>
      <h1>{ordersWords.title}</h1>
      <Loaded load={load} personal skeleton={<Bones of={['row', 'row', 'row']} />}>
        {(orders) =>
          orders.length === 0
            ? <Empty heading={ordersWords.emptyHeading} body={ordersWords.empty} />
            : (
              <ul class='rows'>
                {orders.map((order) => <OrderRow key={order.id} order={order} />)}
              </ul>
            )}
      </Loaded>
    </>
  )
}

function OrderRow({ order }: { order: OrderBody }) {
  const price = formatMoney(order.unitAmount, order.currency)
  return (
    <Row
      href={`/orders/${order.id}`}
      gameId={order.gameId}
      title={order.serverName}
      facts={[order.planName, order.regionName, `${price} ${perTerm(order.term)}`]}
      aside={formatDateTime(order.createdAt)}
      status={phaseOf(order)}
      label={orderLabels[phaseOf(order)]}
    />
  )
}
