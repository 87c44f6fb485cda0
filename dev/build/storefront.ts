import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { securityHeadersOf } from '../../api/http/security_headers.ts'
import { build, type BuildOptions, context, type Metafile, type Plugin } from 'esbuild'

const ROOT = join(import.meta.dirname ?? '.', '..', '..')
const SOURCE = join(ROOT, 'storefront')
const ENTRY = 'storefront/main.tsx'

/** Builds the storefront once, as it goes to customers. */
export async function buildStorefront(options: { outdir: string }): Promise<void> {
  await emptyFolder(options.outdir)
  await build({ ...bundling(options.outdir), minify: true, plugins: [indexPage(options.outdir)] })
  await compress(options.outdir)
  await Deno.writeTextFile(join(options.outdir, '_headers'), edgeHeaders())
  // the edge compresses by itself
  await Deno.writeTextFile(join(options.outdir, '.assetsignore'), '*.br\n')
}

/** On Workers files are answered without the API, which says the same of them on Deno. */
function edgeHeaders(): string {
  const everywhere = Object.entries(securityHeadersOf({ https: true }))
    .map(([name, value]) => `  ${name}: ${value}`)
  const forever = '  cache-control: public, max-age=31536000, immutable'
  return ['/*', ...everywhere, '/assets/*', forever, ''].join('\n')
}

export interface WatchOptions {
  outdir: string
  /** Called after each build with the number of errors; esbuild has shown them already. */
  onBuild: (errors: number) => void
}

/** Builds the storefront now and after every change; open pages reload by themselves. */
export async function watchStorefront(options: WatchOptions): Promise<{ stop(): Promise<void> }> {
  await emptyFolder(options.outdir)
  const watching = await context({
    ...bundling(options.outdir),
    sourcemap: 'linked',
    plugins: [indexPage(options.outdir, RELOAD_TAG), reload(options)],
  })
  await watching.watch()
  return { stop: () => watching.dispose() }
}

function bundling(outdir: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: [ENTRY],
    outdir: join(outdir, 'assets'),
    publicPath: '/assets',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'file', '.woff2': 'file', '.png': 'file', '.webp': 'file' },
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
  }
}

async function emptyFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {})
  await Deno.mkdir(path, { recursive: true })
}

/** Copies the plain files and writes index.html with the names that this build gave its files. */
function indexPage(outdir: string, more = ''): Plugin {
  return {
    name: 'index-page',
    setup(build) {
      build.onEnd(async ({ metafile, errors }) => {
        if (!metafile || errors.length > 0) return
        await copyPlainFiles(outdir)
        const template = await Deno.readTextFile(join(SOURCE, 'index.html'))
        await Deno.writeTextFile(join(outdir, 'index.html'), fill(template, metafile, more))
      })
    },
  }
}

function fill(template: string, { outputs }: Metafile, more: string): string {
  const [path, entry] = Object.entries(outputs).find(([, file]) => file.entryPoint === ENTRY) ?? []
  if (!path || !entry) throw new Error(`Cannot write index.html as ${ENTRY} was not built`)
  const early = entry.imports.filter((file) => file.kind === 'import-statement')
  const scripts = [
    ...early.map((file) => `<link rel="modulepreload" href="${addressOf(file.path)}">`),
    `<script type="module" src="${addressOf(path)}"></script>`,
    more,
  ]
  const styles = entry.cssBundle
    ? `<link rel="stylesheet" href="${addressOf(entry.cssBundle)}">`
    : ''
  return template
    .replace('<!-- styles -->', () => styles)
    .replace('<!-- scripts -->', () => scripts.filter(Boolean).join('\n    '))
}

function addressOf(path: string): string {
  return `/assets/${path.split('/').at(-1)}`
}

/** The files beside index.html that keep their names, such as favicon.svg. */
async function copyPlainFiles(outdir: string): Promise<void> {
  for await (const { name } of Deno.readDir(SOURCE)) {
    if (!/\.(svg|ico|png|txt|webmanifest)$/.test(name)) continue
    await Deno.copyFile(join(SOURCE, name), join(outdir, name))
  }
}

/** Lays a .br file beside each text file, which the API sends to browsers that read it. */
async function compress(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name)
    if (isDirectory) await compress(path)
    else if (/\.(js|css|html|svg|txt|webmanifest)$/.test(name)) {
      await Deno.writeFile(`${path}.br`, brotliCompressSync(await Deno.readFile(path)))
    }
  }
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

function reload({ outdir, onBuild }: WatchOptions): Plugin {
  return {
    name: 'reload',
    setup(build) {
      build.onEnd(async ({ errors }) => {
        if (errors.length === 0) {
          await Deno.mkdir(join(outdir, 'dev'), { recursive: true })
          await Deno.writeTextFile(join(outdir, 'dev', 'reload.js'), RELOAD_SCRIPT.trimStart())
          await Deno.writeTextFile(join(outdir, 'dev', 'build.txt'), crypto.randomUUID())
        }
        onBuild(errors.length)
      })
    },
  }
}
