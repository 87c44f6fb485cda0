import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { PluginBuild } from 'esbuild'

/**
 * Writes the offline page, its style sheet and script, and the service worker that shows it. The
 * worker carries their hash, so that browsers fetch them anew when one of them changed.
 */
export async function writeOfflineFiles(
  build: PluginBuild,
  { source, outdir }: { source: string; outdir: string },
): Promise<void> {
  const styles = await build.esbuild.build({
    entryPoints: [join(source, 'styles', 'offline.css')],
    bundle: true,
    minify: true,
    write: false,
    logLevel: 'warning',
  })
  const css = styles.outputFiles[0]?.text ?? ''
  const page = await Deno.readTextFile(join(source, 'offline.html'))
  const script = await Deno.readTextFile(join(source, 'offline.js'))
  const icon = await Deno.readTextFile(join(source, 'favicon.svg'))
  const worker = await Deno.readTextFile(join(source, 'sw.js'))
  const version = createHash('sha256').update([css, page, script, icon].join('\n')).digest('hex')
  await Deno.writeTextFile(join(outdir, 'offline.css'), css)
  await Deno.writeTextFile(join(outdir, 'offline.html'), page)
  await Deno.writeTextFile(join(outdir, 'offline.js'), script)
  // Under a name of its own, so that the worker leaves the icon of the other pages alone.
  await Deno.writeTextFile(join(outdir, 'offline.svg'), icon)
  await Deno.writeTextFile(
    join(outdir, 'sw.js'),
    worker.replace('@VERSION@', version.slice(0, 12)),
  )
}
