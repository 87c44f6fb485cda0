import { test } from 'vitest'
import { runModel } from '../support/model_run.ts'

const seed = Number(Deno.env.get('MODEL_SEED') ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(Deno.env.get('MODEL_RUNS') ?? 500)

test(`${runs} random sequences of actions end as the model says`, async () => {
  console.log(`MODEL_SEED=${seed} MODEL_RUNS=${runs} deno task chaos model`)
  const [path, replayPath] = [Deno.env.get('MODEL_PATH'), Deno.env.get('MODEL_REPLAY')]
  await runModel({ runs, seed, path, replayPath, maxCommands: 60 })
})
