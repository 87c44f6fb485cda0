import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { describeApi } from '../../api/openapi/document.ts'
import { referencePage } from './reference/page.ts'

/** The CSS of the reference, a second entry beside the storefront. */
export const REFERENCE_STYLES = 'storefront/reference.css'

/** Writes what describes the API below `api/`: the document, and the page made of it. */
export function apiReference(outdir: string): Plugin {
  return {
    name: 'api-reference',
    setup(build) {
      build.onEnd(async ({ metafile, errors }) => {
        if (!metafile || errors.length > 0) return
        const [built] = Object.entries(metafile.outputs)
          .find(([, file]) => file.entryPoint === REFERENCE_STYLES) ?? []
        if (!built) {
          throw new Error(`Cannot write the reference as ${REFERENCE_STYLES} was not built`)
        }
        const document = describeApi()
        const stylesheet = `/assets/${built.split('/').at(-1)}`
        await Deno.mkdir(join(outdir, 'api'), { recursive: true })
        await Deno.writeTextFile(join(outdir, 'api', 'openapi.json'), JSON.stringify(document))
        await Deno.writeTextFile(
          join(outdir, 'api', 'reference.html'),
          await referencePage(document, { stylesheet }),
        )
      })
    },
  }
}
