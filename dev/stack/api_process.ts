import { join } from 'node:path'
import { type Log, withProgress } from '../log.ts'
import { guardProcess, stopChild } from '../processes.ts'
import { StartError } from '../start_error.ts'
import { followOutput } from './api_output.ts'
import type { Closing } from './closing.ts'
import type { LogFile } from './log_file.ts'

export interface ApiOptions {
  env: Record<string, string>
  /** Where it will answer. */
  url: string
  logFile: LogFile
  log: Log
  progress: Log
  closing: Closing
}

const ROOT = join(import.meta.dirname ?? '.', '..', '..')
const READY_WITHIN_MS = 60_000
const STOP_PATIENCE_MS = 8_000

/** Starts the API, which starts again whenever one of its files is saved, and waits until it is ready. */
export async function startApi(options: ApiOptions): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', '--watch', '--no-clear-screen', 'api/deno.ts'],
    cwd: ROOT,
    env: options.env,
    stdin: 'null',
    stdout: 'piped',
    stderr: 'piped',
  }).spawn()
  // at SIGTERM `deno run --watch` ends the API alone, and waits for a file to change
  const guard = guardProcess(child.pid, { signal: 'INT' })
  for (const stream of [child.stdout, child.stderr]) {
    followOutput(stream, options.logFile, options.log)
  }
  options.closing.add(async () => {
    await stopChild(child, { patienceMs: STOP_PATIENCE_MS, by: 'SIGINT' })
    await guard.dismiss()
  })
  await withProgress(options.progress, 'Starting the API', () => untilReady(child, options))
}

async function untilReady(child: Deno.ChildProcess, { url, logFile }: ApiOptions): Promise<void> {
  let ended = false
  child.status.then(() => ended = true)
  const deadline = performance.now() + READY_WITHIN_MS
  while (!await isReady(url)) {
    if (ended || performance.now() > deadline) {
      throw new StartError(`The API did not start: the reason is above and in ${logFile.path}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
