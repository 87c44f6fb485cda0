import { expect, vi } from 'vitest'
import { freePort } from '../../dev/ports.ts'
import { describeRuntime, type Runtime, type Surroundings } from './smoke.ts'

describeRuntime('Deno', freePort(), startDeno)

/** api/deno.ts as a process of its own, as `deno run` starts it in production. */
async function startDeno(surroundings: Surroundings): Promise<Runtime> {
  let process = await startProcess(surroundings)
  let swept = false
  return {
    async scheduled() {
      // it sweeps when it starts and each minute after that; the rest its loop does by itself
      if (swept) return
      swept = true
      await stopProcess(process)
      process = await startProcess(surroundings)
    },
    stop: () => stopProcess(process),
  }
}

async function startProcess(
  { environment, databaseUrl, port }: Surroundings,
): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', 'api/deno.ts'],
    env: { ...environment, DATABASE_URL: databaseUrl, PORT: String(port), HOST: '127.0.0.1' },
    stdout: 'null',
    stderr: 'inherit',
  }).spawn()
  await vi.waitFor(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    await answer.body?.cancel()
    expect(answer.status).toBe(200)
  }, { timeout: 20_000, interval: 50 })
  return process
}

async function stopProcess(process: Deno.ChildProcess): Promise<void> {
  process.kill('SIGTERM')
  expect((await process.status).success).toBe(true)
}
