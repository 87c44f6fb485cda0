import { expect, vi } from 'vitest'

export interface ApiPlace {
  /** As api/config.ts reads it. */
  environment: Record<string, string>
  databaseUrl: string
  /** On 127.0.0.1; PUBLIC_URL names it already. */
  port: number
  /** What is run; api/deno.ts unless told. */
  entry?: string
}

/** api/deno.ts as a process of its own, as `deno run` starts it in production; ready when this ends. */
export async function startApiProcess(
  { environment, databaseUrl, port, entry = 'api/deno.ts' }: ApiPlace,
): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', entry],
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

/** Asks it to stop, which it must do in good order. */
export async function stopApiProcess(process: Deno.ChildProcess): Promise<void> {
  process.kill('SIGTERM')
  expect((await process.status).success).toBe(true)
}
