import { expect, test } from 'vitest'
import { loseReplies, REFUSALS, refuseStatements, startBadLine } from '../support/lost_replies.ts'

const { at, seed } = startBadLine()

test('a line that loses the reply to 5 % of what was committed: 2000 orders, 2000 servers', async () => {
  const lost = await loseReplies(at(), { seed, orders: 2000, share: 0.05 })
  console.log(JSON.stringify(lost))
  expect(lost.lostCommits).toBeGreaterThan(400)
})

test('each way to refuse a write, 200 times: nothing is half done, the webhook says 2xx or 503', async () => {
  const refused = await refuseStatements(at(), { seed, orders: 400, times: 200, share: 0.1 })
  console.log(JSON.stringify(refused))
  for (const errno of REFUSALS) expect(refused[errno]).toBe(200)
})
