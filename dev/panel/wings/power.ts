import type { Egg } from '../model.ts'
import type { Container, PowerState, Step } from './container.ts'
import { answerTo, bootLines, stopLines, type TimedLine } from './games.ts'
import { WingsFailure } from './failure.ts'
import { statsOf } from './stats.ts'
import type { Wings } from './wings.ts'

export const signals = ['start', 'stop', 'restart', 'kill'] as const
export type Signal = typeof signals[number]

/**
 * Begins a power action and returns; why it did nothing, if it did nothing. The HTTP routes of Wings
 * never tell that reason, for they answer before the work begins.
 */
export function setPower(
  wings: Wings,
  container: Container,
  signal: Signal,
  now = wings.now(),
): string | undefined {
  if (wings.isInstalling(container)) return 'server is currently installing'
  if (signal === 'kill') return void stopNow(wings, container)
  if (container.state === 'stopping') return LOCKED
  if (signal === 'start' && container.state !== 'offline') return 'server is running'
  if (signal === 'start') return boot(wings, container, now)
  if (container.state !== 'offline') stop(wings, container, now)
  if (signal === 'stop') return
  if (container.state === 'offline') return boot(wings, container, now)
  const ends = container.due.at(-1)?.at ?? now.toISOString()
  container.due.push({ at: ends, kind: 'boot', text: '' })
}

/** Checks what Wings checks before it answers; whatever comes of it later is told to nobody. */
export function orderPower(wings: Wings, container: Container, action: string): void {
  const signal = signals.find((one) => one === action)
  if (!signal) throw new WingsFailure(422, NO_SUCH_ACTION)
  const starts = signal === 'start' || signal === 'restart'
  if (starts && container.settings.suspended) {
    throw new WingsFailure(400, 'Cannot start or restart a server that is suspended.')
  }
  setPower(wings, container, signal)
}

export function orderCommands(wings: Wings, container: Container, commands: string[]): void {
  if (container.state === 'offline') {
    throw new WingsFailure(502, 'Cannot send commands to a stopped server instance.')
  }
  for (const command of commands) sendCommand(wings, container, command)
}

/** The process ends without a word. */
export function stopNow(wings: Wings, container: Container): void {
  container.due = []
  if (container.state === 'offline') return
  setState(wings, container, 'stopping', wings.now().toISOString())
  setState(wings, container, 'offline', wings.now().toISOString())
}

/** Does what is due; true if anything was. */
export function advance(wings: Wings, container: Container, now: Date): boolean {
  let moved = false
  for (let step = container.due[0]; step && Date.parse(step.at) <= now.getTime(); moved = true) {
    container.due.shift()
    take(wings, container, step)
    step = container.due[0]
  }
  return moved
}

/** Lines that will come, each in its time. */
export function schedule(
  container: Container,
  now: Date,
  lines: TimedLine[],
  kind: Step['kind'],
): void {
  for (const { afterMs, text } of lines) {
    container.due.push({ at: after(now, afterMs), kind, text })
  }
}

const LOCKED =
  'another power action is currently being processed for this server, please try again later'

const NO_SUCH_ACTION =
  'The power action provided was not valid, should be one of "stop", "start", ' +
  '"restart", "kill"'

/** As many as Wings gives to who asks for the log. */
const LOG_LINES = 150

/** Types a line into the console of the game, which answers at once. */
function sendCommand(wings: Wings, container: Container, command: string): void {
  const egg = eggOf(wings, container)
  const now = wings.now()
  // Wings knows the command that ends the game, for it would take the end for a crash otherwise.
  if (command === egg.stop) return stop(wings, container, now)
  for (const line of answerTo(egg, command)) say(wings, container, line, now)
}

function boot(wings: Wings, container: Container, now: Date): string | undefined {
  if (!wings.serverOf(container)) return 'the panel does not know this server'
  wings.sync(container)
  if (container.settings.suspended) return 'server is currently in a suspended state'
  container.log = []
  setState(wings, container, 'starting', now.toISOString())
  const lines = bootLines(eggOf(wings, container), container.settings)
  container.due = [{
    at: now.toISOString(),
    kind: 'message',
    text: 'Updating process configuration files...',
  }]
  schedule(container, now, lines, 'output')
  end(container, 'running')
}

function stop(wings: Wings, container: Container, now: Date): void {
  setState(wings, container, 'stopping', now.toISOString())
  container.due = []
  schedule(container, now, stopLines(eggOf(wings, container)), 'output')
  end(container, 'offline')
}

/** With the last of its lines the process reaches the state. */
function end(container: Container, state: PowerState): void {
  const at = container.due.at(-1)?.at
  if (at) container.due.push({ at, kind: 'state', text: state })
}

function take(wings: Wings, container: Container, { at, kind, text }: Step): void {
  const { uuid } = container.settings
  switch (kind) {
    case 'output':
      return say(wings, container, text, new Date(at))
    case 'message':
      return wings.publish(uuid, 'daemon message', text)
    case 'install':
      return wings.publish(uuid, 'install output', text)
    case 'state':
      return setState(wings, container, text === 'running' ? 'running' : 'offline', at)
    case 'boot':
      return void boot(wings, container, new Date(at))
    default:
      throw new Error(`Unknown step ${kind satisfies never}`)
  }
}

function say(wings: Wings, container: Container, text: string, at: Date): void {
  const line = text.replace('{time}', at.toISOString().slice(11, 19))
  container.log = [...container.log, line].slice(-LOG_LINES)
  wings.publish(container.settings.uuid, 'console output', line)
}

function setState(wings: Wings, container: Container, state: PowerState, at: string): void {
  container.state = state
  if (state === 'starting') container.startedAt = at
  if (state === 'offline') container.startedAt = null
  wings.publish(container.settings.uuid, 'status', state)
  // So that every reader sees the use fall to nothing.
  if (state === 'offline') {
    wings.publish(container.settings.uuid, 'stats', statsText(wings, container))
  }
}

export function statsText(wings: Wings, container: Container): string {
  return JSON.stringify(statsOf(container, wings.now()))
}

function eggOf(wings: Wings, { settings }: Container): Egg {
  const egg = wings.store.eggs.rows.find(({ uuid }) => uuid === settings.egg.id)
  if (!egg) throw new Error(`Cannot run the server as its egg is gone: ${settings.egg.id}`)
  return egg
}

function after(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString()
}
