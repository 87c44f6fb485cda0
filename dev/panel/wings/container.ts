import * as z from 'zod'

const powerStates = ['offline', 'starting', 'running', 'stopping'] as const
export type PowerState = typeof powerStates[number]

/** What happens by itself at its time; `text` is the line, or the state that is reached. */
const Step = z.object({
  at: z.string(),
  kind: z.enum(['output', 'message', 'install', 'state', 'boot']),
  text: z.string(),
})
export type Step = z.infer<typeof Step>

/** The parts of a server's configuration that the daemon works with; it keeps the rest as it came. */
export const Settings = z.looseObject({
  uuid: z.string(),
  suspended: z.boolean(),
  invocation: z.string(),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  build: z.looseObject({ memory_limit: z.number(), cpu_limit: z.number(), disk_space: z.number() }),
  allocations: z.looseObject({ default: z.object({ ip: z.string(), port: z.int() }) }),
  egg: z.looseObject({ id: z.string() }),
})
export type Settings = z.infer<typeof Settings>

/** A server as its node knows it. Times are ISO strings in UTC. */
export const Container = z.object({
  id: z.int(),
  nodeId: z.int(),
  /** As the panel gave it when it was last asked, so possibly older than the panel's own row. */
  settings: Settings,
  state: z.enum(powerStates),
  /** Uptime counts from here; null while offline. */
  startedAt: z.string().nullable(),
  /** What is going to happen, in the order of time. */
  due: z.array(Step),
  /** The last lines of the console since the last start. */
  log: z.array(z.string()),
  startOnCompletion: z.boolean(),
})
export type Container = z.infer<typeof Container>
