import { join } from 'node:path'
import type { BuildOptions, Plugin } from 'esbuild'
import { bundle } from './bundle.ts'
import { apiReference } from './reference.ts'
import { bundling, emptyFolder, indexPage, SOURCE } from './storefront.ts'

export interface WatchOptions {
  outdir: string
  /** Called after each build; of one that failed, esbuild has shown the reason already. */
  onBuild: (succeeded: boolean) => void
}

/** An editor saves in several steps, and often several files. */
const SETTLE_MS = 60

/** Builds the storefront now and after every change; open pages reload by themselves. */
export async function watchStorefront(
  { outdir, onBuild }: WatchOptions,
): Promise<{ stop(): Promise<void> }> {
  await emptyFolder(outdir)
  const options: BuildOptions = {
    ...bundling(outdir),
    sourcemap: 'linked',
    plugins: [indexPage(outdir, RELOAD_TAG), apiReference(outdir), reload(outdir)],
  }
  const rebuild = () => bundle(options).then(() => onBuild(true), () => onBuild(false))
  const watcher = Deno.watchFs(SOURCE)
  await rebuild()
  const watching = rebuildOnChange(watcher, rebuild)
  return {
    async stop() {
      watcher.close()
      await watching
    },
  }
}

/** One build at a time; what changes during one asks for one more. */
async function rebuildOnChange(
  watcher: Deno.FsWatcher,
  rebuild: () => Promise<void>,
): Promise<void> {
  let building: Promise<void> | undefined
  let again = false
  const build = async () => {
    do {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      again = false
      await rebuild()
    } while (again)
    building = undefined
  }
  for await (const { kind } of watcher) {
    if (kind === 'access') continue
    again = true
    building ??= build()
  }
  await building
}

const RELOAD_TAG = '<script type="module" src="/dev/reload.js"></script>'

/** A file of its own, for the page's Content-Security-Policy allows no script inside the page. */
const RELOAD_SCRIPT = `
let seen
setInterval(async () => {
  if (document.hidden) return
  const answer = await fetch('/dev/build.txt', { cache: 'no-store' }).catch(() => undefined)
  if (!answer?.ok) return
  const build = await answer.text()
  if (seen !== undefined && seen !== build) location.reload()
  seen = build
}, 700)
`

function reload(outdir: string): Plugin {
  return {
    name: 'reload',
    setup(build) {
      build.onEnd(async ({ errors }) => {
        if (errors.length > 0) return
        await Deno.mkdir(join(outdir, 'dev'), { recursive: true })
        await Deno.writeTextFile(join(outdir, 'dev', 'reload.js'), RELOAD_SCRIPT.trimStart())
        await Deno.writeTextFile(join(outdir, 'dev', 'build.txt'), crypto.randomUUID())
      })
    },
  }
}
