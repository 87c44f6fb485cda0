import { useRoute } from 'preact-iso'
import { useState } from 'preact/hooks'
import { useTitle } from '../components/layout.tsx'
import { OrderStory } from '../components/order_story.tsx'
import { VerifyBanner } from '../components/verify_banner.tsx'
import { orderWords } from '../words/orders.ts'
import { useOrder } from '../order_follow.ts'

export function Order() {
  const { params: { id } } = useRoute()
  const [version, setVersion] = useState(0)
  const followed = useOrder(id, { version })
  const name = followed.story?.order.serverName
  useTitle(name ? orderWords.title(name) : orderWords.returnTitle)
  return (
    <>
      <VerifyBanner />
      <OrderStory followed={followed} onChange={() => setVersion(version + 1)} />
    </>
  )
}
