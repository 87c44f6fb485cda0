import { join } from 'node:path'
import { type Log, withProgress } from '../log.ts'
import type { LogFile } from './log_file.ts'

const ROOT = join(import.meta.dirname ?? '.', '..', '..')

/** Applies catalog.json, as `deno task catalog apply` does. What it refuses is shown, not fatal. */
export async function applyCatalogue(
  env: Record<string, string>,
  { log, progress, logFile }: { log: Log; progress: Log; logFile: LogFile },
): Promise<void> {
  const { success, stdout, stderr } = await withProgress(
    progress,
    'Applying the catalogue',
    () =>
      new Deno.Command(Deno.execPath(), {
        args: ['run', '-A', 'api/plans/catalog_cli.ts', 'apply', '--yes'],
        cwd: ROOT,
        env: { ...env, NO_COLOR: '1' },
        stdin: 'null',
      }).output(),
  )
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)
  logFile.write(output)
  if (success) return
  for (const line of output.split('\n').filter(isComplaint)) log(line)
  log(`Not the whole catalogue is for sale: see above and ${logFile.path}`)
}

/** Not what was new or changed, and now is not any more. */
function isComplaint(line: string): boolean {
  return line.trim() !== '' && !/^[+~] /.test(line)
}
