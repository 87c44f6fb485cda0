import type { Container, PowerState } from './container.ts'

export interface Stats {
  memory_bytes: number
  memory_limit_bytes: number
  /** Percent of one core. */
  cpu_absolute: number
  network: { rx_bytes: number; tx_bytes: number }
  /** Milliseconds. */
  uptime: number
  state: PowerState
  disk_bytes: number
}

/**
 * What the process uses now. The numbers move as those of a game without players do, and follow from
 * the server and its uptime alone, so that the same moment has the same numbers.
 */
export function statsOf({ settings, state, startedAt }: Container, now: Date): Stats {
  const uptime = startedAt === null ? 0 : now.getTime() - Date.parse(startedAt)
  const seed = Number.parseInt(settings.uuid.slice(0, 6), 16)
  const disk_bytes = 700 * MEBIBYTE + seed % (64 * MEBIBYTE)
  if (startedAt === null) return { ...atRest, state, disk_bytes }
  const seconds = Math.floor(uptime / 1000)
  const limit = memoryLimit(settings.build.memory_limit)
  const grown = Math.min(1, seconds / GROWS_FOR_S)
  return {
    memory_bytes: Math.round(
      (limit || UNLIMITED_BYTES) * (0.12 + 0.3 * grown + 0.01 * sway(seconds, seed)),
    ),
    memory_limit_bytes: limit,
    cpu_absolute: cpuOf(state, seconds, seed, settings.build.cpu_limit),
    network: { rx_bytes: 1_024 + seconds * 131, tx_bytes: 2_048 + seconds * 257 },
    uptime,
    state,
    disk_bytes: disk_bytes + seconds * 512,
  }
}

const MEBIBYTE = 1_048_576

/** A game fills its memory in its first minutes. */
const GROWS_FOR_S = 180

/** What a server without a memory limit is taken to have. */
const UNLIMITED_BYTES = 4_000_000_000

const atRest = {
  memory_bytes: 0,
  memory_limit_bytes: 0,
  cpu_absolute: 0,
  network: { rx_bytes: 0, tx_bytes: 0 },
  uptime: 0,
}

/** Wings counts 1,000,000 bytes a MB and leaves head-room above the limit for what is not the heap. */
function memoryLimit(megabytes: number): number {
  if (megabytes <= 2048) return Math.round(megabytes * 1_000_000 * 1.15)
  return Math.round(megabytes * 1_000_000 * (megabytes <= 4096 ? 1.1 : 1.05))
}

function cpuOf(state: PowerState, seconds: number, seed: number, limit: number): number {
  const busy = state === 'running' ? 12 + 6 * sway(seconds, seed) : 85 + 10 * sway(seconds, seed)
  return Math.round(Math.min(busy, limit || busy) * 1000) / 1000
}

/** Between -1 and 1. */
function sway(seconds: number, seed: number): number {
  return (Math.sin(seconds / 7 + seed) + Math.sin(seconds / 3.1 + seed * 2)) / 2
}
