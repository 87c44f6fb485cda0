import { join } from 'node:path'
import { commandLineOf, stopProcess } from '../processes.ts'
import { StartError } from '../start_error.ts'

/** Who runs the server of a folder: our process and the server's. */
interface Owner {
  pid: number
  serverPid: number
}

const STOP_PATIENCE_MS = 20_000

/**
 * Makes sure that no server works on the folder: refuses when a living process of ours has one
 * there, and stops one that an earlier run left behind.
 */
export async function freeFolder(dir: string): Promise<void> {
  const owner = await readOwner(dir)
  if (!owner) return
  const serverLives = (await commandLineOf(owner.serverPid))?.includes(dir) ?? false
  if (!serverLives) return
  if (await ownerLives(owner)) {
    throw new StartError(
      `The database in ${dir} is in use by process ${owner.pid}: stop that first (Ctrl-C there, or kill ${owner.pid})`,
    )
  }
  await stopProcess(owner.serverPid, STOP_PATIENCE_MS)
}

/** Notes that this process runs the server of the folder. */
export async function own(dir: string, serverPid: number): Promise<void> {
  await Deno.writeTextFile(ownerFile(dir), JSON.stringify({ pid: Deno.pid, serverPid }))
}

/** Notes that nobody does any more. */
export async function disown(dir: string): Promise<void> {
  await Deno.remove(ownerFile(dir)).catch(() => {})
}

async function ownerLives({ pid }: Owner): Promise<boolean> {
  return (await commandLineOf(pid))?.includes('deno') ?? false
}

async function readOwner(dir: string): Promise<Owner | undefined> {
  const text = await Deno.readTextFile(ownerFile(dir)).catch(() => '')
  const [, pid, serverPid] = text.match(/"pid":(\d+),"serverPid":(\d+)/) ?? []
  if (!pid || !serverPid) return undefined
  return { pid: Number(pid), serverPid: Number(serverPid) }
}

function ownerFile(dir: string): string {
  return join(dir, 'owner.json')
}
