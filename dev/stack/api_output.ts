import type { Log } from '../log.ts'
import { dim, red, yellow } from '../terminal.ts'
import type { LogFile } from './log_file.ts'

/**
 * Sorts what the API writes: all of it goes to the log file, and to the person what needs one:
 * warnings and errors in short, and whatever is not a log line, such as a crash.
 */
export async function followOutput(
  stream: ReadableStream<Uint8Array>,
  file: LogFile,
  show: Log,
): Promise<void> {
  for await (const line of linesOf(stream)) {
    if (line.includes(RELOAD_POLL)) continue
    file.write(line)
    const shown = shorten(line)
    if (shown) show(shown)
  }
}

/** Open pages ask all the time whether there is a new build; nobody wants to read that. */
const RELOAD_POLL = '"path":"/dev/build.txt"'

/** What to show of one line; undefined for a log line that needs nobody. */
export function shorten(line: string): string | undefined {
  const entry = parseEntry(line)
  if (!entry) return isWorthSeeing(line) ? line : undefined
  if (entry.level !== 'warn' && entry.level !== 'error') return undefined
  const { level, msg, error, ts: _, ...fields } = entry
  const details = Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(' ')
  const text = [msg, messageOf(error)].filter(Boolean).join(': ')
  return `${level === 'error' ? red('error') : yellow('warn')} ${text} ${dim(details)}`.trimEnd()
}

function isWorthSeeing(line: string): boolean {
  return line.trim() !== '' && !/Process started|graceful termination/.test(line)
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null && 'level' in entry
      ? { ...entry }
      : undefined
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return ''
  return String(error.message)
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest) yield rest
}
