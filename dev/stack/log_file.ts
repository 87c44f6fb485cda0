/** A file of one part's lines, emptied at each start. */
export interface LogFile {
  path: string
  write(line: string): void
}

export function openLogFile(path: string): LogFile {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true })
  const encoder = new TextEncoder()
  return { path, write: (line) => void file.writeSync(encoder.encode(`${line}\n`)) }
}
