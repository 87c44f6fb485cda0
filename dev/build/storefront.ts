import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { securityHeadersOf } from '../../api/http/security_headers.ts'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { bundle } from './bundle.ts'
import { writeOfflineFiles } from './offline.ts'
import { apiReference, REFERENCE_STYLES } from './reference.ts'

const ROOT = join(import.meta.dirname ?? '.', '..', '..')
export const SOURCE = join(ROOT, 'storefront')
const ENTRY = 'storefront/main.tsx'

/** Builds the storefront once, as it goes to customers. Tells what became part of which file. */
export async function buildStorefront(options: { outdir: string }): Promise<Metafile> {
  await emptyFolder(options.outdir)
  const { metafile } = await bundle({
    ...bundling(options.outdir),
    minify: true,
    plugins: [indexPage(options.outdir), apiReference(options.outdir)],
  })
  await compress(options.outdir)
  await Deno.writeTextFile(join(options.outdir, '_headers'), edgeHeaders())
  // the edge compresses by itself
  await Deno.writeTextFile(join(options.outdir, '.assetsignore'), '*.br\n')
  if (!metafile) throw new Error('Cannot tell what was built as esbuild wrote no metafile')
  return metafile
}

/** On Workers files are answered without the API, which says the same of them on Deno. */
function edgeHeaders(): string {
  const everywhere = Object.entries(securityHeadersOf({ https: true }))
    .map(([name, value]) => `  ${name}: ${value}`)
  const forever = '  cache-control: public, max-age=31536000, immutable'
  return ['/*', ...everywhere, '/assets/*', forever, ''].join('\n')
}

/** How the storefront is bundled, whoever it is for. */
export function bundling(outdir: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: [ENTRY, REFERENCE_STYLES],
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

export async function emptyFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {})
  await Deno.mkdir(path, { recursive: true })
}

/**
 * Copies the plain files, makes the offline page, and writes index.html with the names that this
 * build gave its files; `more` is one more tag for it.
 */
export function indexPage(outdir: string, more = ''): Plugin {
  return {
    name: 'index-page',
    setup(build) {
      build.onEnd(async ({ metafile, errors }) => {
        if (!metafile || errors.length > 0) return
        await copyPlainFiles(outdir)
        await writeOfflineFiles(build, { source: SOURCE, outdir })
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
  const fonts = Object.keys(outputs).filter((file) => file.endsWith('.woff2'))
  const styles = [
    ...fonts.map((file) =>
      `<link rel="preload" href="${addressOf(file)}" as="font" type="font/woff2" crossorigin>`
    ),
    entry.cssBundle && `<link rel="stylesheet" href="${addressOf(entry.cssBundle)}">`,
  ]
  return template
    .replace('<!-- styles -->', () => styles.filter(Boolean).join('\n    '))
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
    else if (/\.(js|json|css|html|svg|txt|webmanifest)$/.test(name)) {
      await Deno.writeFile(`${path}.br`, brotliCompressSync(await Deno.readFile(path)))
    }
  }
}
