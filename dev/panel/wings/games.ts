import type { Egg } from '../model.ts'
import type { Settings } from './container.ts'

/** A line of a console, and how long after the start of the work it comes. */
export interface TimedLine {
  afterMs: number
  text: string
}

/** The lines of a starting game; with the last one it runs. */
export function bootLines(egg: Egg, settings: Settings): TimedLine[] {
  const prompt = `\u001b[1m\u001b[33mcontainer@pterodactyl~ \u001b[0m${commandOf(settings)}`
  const lines = isMinecraft(egg) ? minecraftBoot(settings) : [
    { afterMs: 600, text: 'loading world' },
    { afterMs: 2_000, text: egg.startupDone },
  ]
  return [{ afterMs: 0, text: prompt }, ...lines]
}

/** The lines of a game that was told to stop; with the last one it is gone. */
export function stopLines(egg: Egg): TimedLine[] {
  if (!isMinecraft(egg)) return [{ afterMs: 500, text: 'shutting down' }]
  return [
    { afterMs: 0, text: info('Stopping the server') },
    { afterMs: 200, text: info('Saving players') },
    { afterMs: 300, text: info('Saving worlds') },
    { afterMs: 900, text: info('ThreadedAnvilChunkStorage: All dimensions are saved') },
  ]
}

/** What a running game says to a command. */
export function answerTo(egg: Egg, command: string): string[] {
  if (!isMinecraft(egg)) return [`> ${command}`]
  const [name = '', ...rest] = command.replace(/^\//, '').split(' ')
  const answer = minecraftAnswers[name]
  if (answer) return [info(answer(rest.join(' ')))]
  return [info('Unknown or incomplete command, see below for error'), info(`${command}<--[HERE]`)]
}

/** The output of an egg's install script that takes so long. */
export function installLines(egg: Egg, takesMs: number): TimedLine[] {
  const texts = [
    `Fetching ${egg.name}`,
    'Downloading server files',
    'Unpacking server files',
    'Installation finished',
  ]
  return texts.map((text, index) => ({ afterMs: takesMs * (index + 1) / (texts.length + 1), text }))
}

function minecraftBoot({ environment, allocations }: Settings): TimedLine[] {
  const version = environment.MINECRAFT_VERSION ?? environment.VANILLA_VERSION ?? 'latest'
  const { ip, port } = allocations.default
  return [
    { afterMs: 400, text: info(`Starting minecraft server version ${version}`) },
    { afterMs: 500, text: info('Loading properties') },
    { afterMs: 600, text: info('Default game type: SURVIVAL') },
    { afterMs: 700, text: info(`Starting Minecraft server on ${ip}:${port}`) },
    { afterMs: 1_000, text: info('Preparing level "world"') },
    { afterMs: 1_600, text: info('Preparing spawn area: 0%') },
    { afterMs: 2_400, text: info('Preparing spawn area: 61%') },
    { afterMs: 3_000, text: info('Done (2.412s)! For help, type "help"') },
  ]
}

const minecraftAnswers: Record<string, (rest: string) => string> = {
  help: () => '/help, /list, /say, /stop',
  list: () => 'There are 0 of a max of 20 players online: ',
  say: (rest) => `[Not Secure] [Server] ${rest}`,
}

/** `{time}` is filled in when the line is due. */
function info(text: string): string {
  return `[{time} INFO]: ${text}`
}

function isMinecraft(egg: Egg): boolean {
  return egg.startupDone.includes('For help, type')
}

function commandOf({ invocation, environment, build }: Settings): string {
  const values: Record<string, unknown> = { ...environment, SERVER_MEMORY: build.memory_limit }
  return invocation.replace(/{{(\w+)}}/g, (whole, name) => String(values[name] ?? whole))
}
