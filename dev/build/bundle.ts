import { build, type BuildOptions, type BuildResult, stop } from 'esbuild'

/**
 * Builds, and ends esbuild's process, which it otherwise keeps for the next time: one whose owner is
 * killed may stay behind for ever. One build at a time in a process.
 */
export async function bundle(options: BuildOptions): Promise<BuildResult> {
  try {
    return await build(options)
  } finally {
    await stop()
  }
}
