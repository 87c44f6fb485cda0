import { ensureChromium } from './chromium.ts'
import { runTests } from './test/run.ts'

/** Runs the tests named on the command line, or all; sets up whatever they need. */
await runTests(Deno.args, {
  async prepare(): Promise<Record<string, string>> {
    const chromium = needsBrowser(Deno.args) ? await ensureChromium(console.log) : undefined
    return chromium ? { CHROMIUM_PATH: chromium } : {}
  },
})

/** Only a run that may reach the browser's tests is worth the download of a browser. */
function needsBrowser(args: string[]): boolean {
  const files = args.filter((arg) => !arg.startsWith('-'))
  return files.length === 0 || files.some((file) => file.includes('browser'))
}
