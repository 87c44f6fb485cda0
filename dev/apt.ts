import { type Log, withProgress } from './log.ts'
import { StartError } from './start_error.ts'

/** True on Debian, Ubuntu and their kin when we may install packages ourselves. */
export async function canUseApt(): Promise<boolean> {
  if (Deno.build.os !== 'linux' || Deno.uid() !== 0) return false
  const systems = await linuxSystems()
  return systems.includes('debian') || systems.includes('ubuntu')
}

/** The names the system goes by, its own first: `ubuntu`, `debian`. Empty off Linux. */
export async function linuxSystems(): Promise<string[]> {
  const text = await Deno.readTextFile('/etc/os-release').catch(() => '')
  const named = (key: string) => text.match(new RegExp(`^${key}="?([^"\n]*)"?$`, 'm'))?.[1] ?? ''
  return `${named('ID')} ${named('ID_LIKE')}`.split(' ').filter((name) => name !== '')
}

/** Installs one package without what it merely recommends, and says so while it does. */
export async function installWithApt(packageName: string, log: Log): Promise<void> {
  await withProgress(
    log,
    `Installing ${packageName}, once: refreshing the list of packages (apt-get update)`,
    () => aptGet(['update'], packageName),
  )
  await withProgress(
    log,
    `Installing ${packageName}, once (apt-get install)`,
    () => aptGet(['install', '-y', '--no-install-recommends', packageName], packageName),
  )
}

async function aptGet(args: string[], packageName: string): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command('apt-get', {
    // another apt-get may be at work, as on a machine that has just booted
    args: ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'null',
    stdout: 'piped',
    stderr: 'piped',
  }).output()
  if (code === 0) return
  const output = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout)
  const reason = output.split('\n').find((line) => line.startsWith('E:')) ?? `exit code ${code}`
  throw new StartError(
    `Cannot install ${packageName} (${reason.replace(/^E:\s*/, '')}): ` +
      `see what apt-get update && apt-get install ${packageName} says, then run this again`,
  )
}
