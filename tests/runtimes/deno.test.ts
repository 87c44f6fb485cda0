import { freePort } from '../../dev/ports.ts'
import { startApiProcess, stopApiProcess } from '../support/api_process.ts'
import { describeRuntime, type Runtime, type Surroundings } from './smoke.ts'

describeRuntime('Deno', freePort(), startDeno)

/** api/deno.ts as a process of its own, as `deno run` starts it in production. */
async function startDeno(surroundings: Surroundings): Promise<Runtime> {
  let process = await startApiProcess(surroundings)
  let swept = false
  return {
    async scheduled() {
      // it sweeps when it starts and each minute after that; the rest its loop does by itself
      if (swept) return
      swept = true
      await stopApiProcess(process)
      process = await startApiProcess(surroundings)
    },
    stop: () => stopApiProcess(process),
  }
}
