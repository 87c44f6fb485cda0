import { test } from 'vitest'
import { runModel } from '../support/model_run.ts'

const seed = Number(Deno.env.get('MODEL_SEED') ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(Deno.env.get('MODEL_RUNS') ?? 8)

test(`random sequences of actions end as the model says (MODEL_SEED=${seed})`, async () => {
  const [path, replayPath] = [Deno.env.get('MODEL_PATH'), Deno.env.get('MODEL_REPLAY')]
  await runModel({ runs, seed, path, replayPath, maxCommands: 25 })
}, 120_000)
