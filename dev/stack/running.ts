import { join } from 'node:path'
import { commandLineOf } from '../processes.ts'
import { StartError } from '../start_error.ts'

/** Refuses when the program runs in this folder already; else notes that the folder is ours now. */
export async function claimFolder(dir: string, url: string, program: string): Promise<void> {
  const path = join(dir, 'running.json')
  const text = await Deno.readTextFile(path).catch(() => '')
  const [, pid, where] = text.match(/"pid":(\d+),"url":"([^"]*)"/) ?? []
  if (pid && (await commandLineOf(Number(pid)))?.includes(program)) {
    throw new StartError(
      `It is running already, at ${where}: stop it with Ctrl-C there, or with kill ${pid}`,
    )
  }
  await Deno.writeTextFile(path, JSON.stringify({ pid: Deno.pid, url }))
}

export function leaveFolder(dir: string): Promise<void> {
  return Deno.remove(join(dir, 'running.json')).catch(() => {})
}

/** Removes everything of earlier runs but the note that the folder is ours. */
export async function emptyFolder(dir: string): Promise<void> {
  for await (const { name } of Deno.readDir(dir)) {
    if (name !== 'running.json') await Deno.remove(join(dir, name), { recursive: true })
  }
}
