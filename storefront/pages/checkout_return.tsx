import { useRoute } from 'preact-iso'
import { useState } from 'preact/hooks'
import { useTitle } from '../components/layout.tsx'
import { OrderStory } from '../components/order_story.tsx'
import { orderWords } from '../words/orders.ts'
import { useOrder } from '../order_follow.ts'
import { NotFound } from './not_found.tsx'

/** Where Stripe leads back to. The address only names the order; what became of it the API says. */
export function CheckoutReturn() {
  const { query: { order } } = useRoute()
  const [version, setVersion] = useState(0)
  const followed = useOrder(order, { sync: true, version })
  useTitle(orderWords.returnTitle)
  if (!order) return <NotFound />
  return <OrderStory followed={followed} returning onChange={() => setVersion(version + 1)} />
}
