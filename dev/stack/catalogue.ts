import { join } from 'node:path'
import { type Log, withProgress } from '../log.ts'

const ROOT = join(import.meta.dirname ?? '.', '..', '..')

/** Applies catalog.json, as `deno task catalog apply` does. What it refuses is shown, not fatal. */
export async function applyCatalogue(env: Record<string, string>, log: Log): Promise<void> {
  const { success, stdout, stderr } = await withProgress(
    log,
    'Applying the catalogue',
    () =>
      new Deno.Command(Deno.execPath(), {
        args: ['run', '-A', 'api/plans/catalog_cli.ts', 'apply', '--yes'],
        cwd: ROOT,
        env: { ...env, NO_COLOR: '1' },
        stdin: 'null',
      }).output(),
  )
  if (success) return
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)
  for (const line of output.trimEnd().split('\n')) log(line)
  log('Not the whole catalogue is for sale: see above, and deno task catalog check')
}
