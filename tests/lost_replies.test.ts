import { expect, test } from 'vitest'
import { loseReplies, REFUSALS, refuseStatements, startBadLine } from './support/lost_replies.ts'

const { at, seed } = startBadLine()

test('a line that loses one reply in seven to what was committed: 20 orders, 20 servers', async () => {
  const lost = await loseReplies(at(), { seed, orders: 20, share: 0.15 })
  console.log(JSON.stringify(lost))
  expect(lost.lostCommits).toBeGreaterThan(5)
  expect(lost.lostAlone).toBeGreaterThan(5)
})

test('a database that refuses writes in each way: nothing is half done, the webhook says 2xx or 503', async () => {
  const refused = await refuseStatements(at(), { seed, orders: 10, times: 6, share: 0.1 })
  console.log(JSON.stringify(refused))
  for (const errno of REFUSALS) expect(refused[errno]).toBeGreaterThan(2)
})
