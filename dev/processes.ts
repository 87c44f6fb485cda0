import { StartError } from './start_error.ts'

/**
 * Waits until its standard input ends, which happens when its owner is gone however it went
 * (kill -9 included), then ends the process $1 with the signal $3. If $2 names a folder, nothing in it is worth an
 * orderly end: it is removed. A line on the input means that the owner ended the process itself.
 * The shell ignores the terminal's signals, because Ctrl-C reaches every process of the terminal.
 */
const GUARD = `
trap '' INT TERM HUP
read -r line && exit 0
if [ -n "$2" ]; then
  kill -KILL "$1" 2>/dev/null
  sleep 0.3
  rm -rf "$2"
  exit 0
fi
waited=0
while [ "$waited" -lt 100 ] && kill -0 "$1" 2>/dev/null; do
  # again each second: a server that is just starting misses the first
  [ $((waited % 5)) -eq 0 ] && kill "-$3" "$1" 2>/dev/null
  sleep 0.2
  waited=$((waited + 1))
done
kill -KILL "$1" 2>/dev/null
`

export interface Guard {
  /** Ends the guard; the process it watched is not its business any more. */
  dismiss(): Promise<void>
}

export interface GuardOptions {
  /** What asks the process to end. */
  signal?: 'TERM' | 'INT'
  /** A folder of throw-away data of that process, deleted after it. */
  thenRemove?: string
}

/** Makes sure that a process we started does not outlive us. */
export function guardProcess(pid: number, options: GuardOptions = {}): Guard {
  const { signal = 'TERM', thenRemove = '' } = options
  const shell = new Deno.Command('/bin/sh', {
    args: ['-c', GUARD, 'guard', String(pid), thenRemove, signal],
    stdin: 'piped',
    stdout: 'null',
    stderr: 'null',
  }).spawn()
  shell.unref()
  return {
    async dismiss() {
      shell.ref()
      const input = shell.stdin.getWriter()
      await input.write(new TextEncoder().encode('done\n')).catch(() => {})
      await input.close().catch(() => {})
      await shell.status
    },
  }
}

/** Asks a child to end, and ends it when it has not after `patienceMs`. */
export async function stopChild(
  child: Deno.ChildProcess,
  { patienceMs, by = 'SIGTERM' }: { patienceMs: number; by?: Deno.Signal },
): Promise<void> {
  signal(child.pid, by)
  const timer = setTimeout(() => signal(child.pid, 'SIGKILL'), patienceMs)
  await child.status
  clearTimeout(timer)
}

/** The same for a process that is not our child: an orphan of an earlier run. */
export async function stopProcess(pid: number, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  signal(pid, 'SIGTERM')
  while (await commandLineOf(pid) !== undefined) {
    if (performance.now() > deadline) signal(pid, 'SIGKILL')
    if (performance.now() > deadline + 5_000) {
      throw new StartError(
        `Process ${pid} of an earlier run does not end: stop it with kill -9 ${pid}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The command line of a running process, to tell it from a later one with the same number. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  try {
    const bytes = await Deno.readFile(`/proc/${pid}/cmdline`)
    return new TextDecoder().decode(bytes).replaceAll('\0', ' ').trim() || undefined
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error
  }
  if (Deno.build.os === 'linux') return undefined
  const { stdout } = await new Deno.Command('ps', { args: ['-o', 'args=', '-p', String(pid)] })
    .output()
  return new TextDecoder().decode(stdout).trim() || undefined
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !isNoSuchProcess(error)) throw error
  }
}

/** ESRCH reaches us as a plain TypeError or as NotFound, depending on the release of Deno. */
function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error &&
    /ESRCH|no such process|not found|already terminated/i.test(error.message)
}
