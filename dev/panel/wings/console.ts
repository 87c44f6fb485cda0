import * as z from 'zod'
import type { Node } from '../model.ts'
import { newUuid, type PanelApp } from '../panel.ts'
import type { Container } from './container.ts'
import { orderCommands, setPower, type Signal, statsText } from './power.ts'
import { readToken, type Token } from './token.ts'
import type { Listener } from './wings.ts'

interface ConsoleOptions {
  panel: PanelApp
  node: Node
  /** Of the server that the socket was opened for. */
  uuid: string
  send: (text: string) => void
  close: (code: number, reason: string) => void
}

/**
 * One open console of a server. It reads the frames of its client, `{event, args}`, and sends what
 * the client's token lets it see. A token that is no longer valid turns everything that would be sent
 * into a `jwt error`; the socket stays open for a new one.
 */
export class Console implements Listener {
  private readonly options: ConsoleOptions
  private token: Token | undefined
  private nextCheckAt = 0
  private nextStatsAt = 0
  private working: Promise<void> = Promise.resolve()

  constructor(options: ConsoleOptions) {
    this.options = options
  }

  /** Takes a frame. Frames are worked on one after another; what is no frame is dropped. */
  receive(text: unknown): Promise<void> {
    const frame = parseFrame(text)
    if (frame) this.working = this.working.then(() => this.handle(frame.event, frame.args ?? []))
    return this.working
  }

  /** Nothing at all before the first valid token. */
  send(event: string, ...args: string[]): void {
    if (!this.token) return
    const problem = this.problemOf(this.token)
    if (problem) return this.sendFrame('jwt error', problem)
    const needed = Object.entries(guarded).find(([name]) => event.startsWith(name))?.[1]
    if (needed === undefined || holds(this.token, needed)) this.sendFrame(event, ...args)
  }

  tick(): void {
    if (!this.token) return
    const now = this.now()
    if (now >= this.nextStatsAt && this.container?.state !== 'offline') {
      this.nextStatsAt = now + STATS_EVERY_MS
      this.sendStats()
    }
    if (now < this.nextCheckAt) return
    this.nextCheckAt = now + CHECK_EVERY_MS
    const leftMs = this.token.exp * 1000 - now
    if (leftMs <= 0) this.send('token expired')
    else if (leftMs <= EXPIRES_SOON_MS) this.send('token expiring')
  }

  close(code: number, reason: string): void {
    this.options.close(code, reason)
  }

  private async handle(event: string, args: string[]): Promise<void> {
    if (event === 'auth') return await this.authenticate(args.join(''))
    const problem = this.token ? this.problemOf(this.token) : 'jwt: no jwt present'
    if (problem) return this.sendFrame('jwt error', problem)
    switch (event) {
      case 'set state':
        return this.setState(args.join(''))
      case 'send command':
        return this.sendCommand(args.join(''))
      case 'send logs':
        return this.sendLogs()
      case 'send stats':
        return this.sendStats()
    }
  }

  private async authenticate(text: string): Promise<void> {
    const token = await readToken(this.options.node, text)
    if (!token) return this.sendError('jwt: HMAC verification failed')
    // Whose the token is, is not asked here: a token of another server fails at the first answer.
    const problem = this.problemOf(token)
    if (problem && problem !== MISMATCH) return this.sendEvent('jwt error', problem)
    const isNew = this.token === undefined
    this.token = token
    this.sendFrame('auth success')
    if (isNew) this.welcome()
  }

  private welcome(): void {
    const { container } = this
    if (!container) return
    this.nextCheckAt = this.now() + CHECK_EVERY_MS
    this.send('status', container.state)
    const installing = this.options.panel.wings.isInstalling(container)
    if (container.state === 'offline' && !installing) this.sendStats()
  }

  private setState(action: string): void {
    const permission = permissionBySignal.get(action)
    const { token, container } = this
    if (!permission) return this.sendError('attempting to handle unknown power action')
    if (!token || !container || !holds(token, permission.name)) return
    const refusal = setPower(this.options.panel.wings, container, permission.signal)
    if (refusal?.startsWith('another power action')) return this.sendEvent('daemon error', refusal)
    if (refusal) this.sendError(refusal)
  }

  private sendCommand(command: string): void {
    const { token, container } = this
    if (!token || !container || !holds(token, 'control.console')) return
    if (container.state === 'offline') return
    orderCommands(this.options.panel.wings, container, [command])
  }

  /** Only a running process has a log. */
  private sendLogs(): void {
    if (!this.container || this.container.state === 'offline') return
    for (const line of this.container.log) this.send('console output', line)
  }

  private sendStats(): void {
    if (this.container) this.send('stats', statsText(this.options.panel.wings, this.container))
  }

  private get container(): Container | undefined {
    return this.options.panel.wings.findContainer(this.options.uuid)
  }

  /** Why a token is not good here and now, in the words of Wings. */
  private problemOf(token: Token): string | undefined {
    const { node, uuid, panel } = this.options
    if (Math.floor(this.now() / 1000) > token.exp) return 'jwt: exp claim is invalid'
    if (panel.wings.isDenied(token.jti, token.iat, node.id)) {
      return 'jwt: created too far in past (denylist)'
    }
    if (!holds(token, 'websocket.connect')) return 'jwt: missing connect permission'
    return token.server_uuid === uuid ? undefined : MISMATCH
  }

  /** The reason is for administrators; others learn that something went wrong. */
  private sendError(reason: string): void {
    const told = this.token && holds(this.token, 'admin.websocket.errors')
    this.sendEvent(
      'daemon error',
      told ? reason : 'an unexpected error was encountered while ' +
        'handling this request',
    )
  }

  /** With a number by which the log of the node tells more. */
  private sendEvent(event: string, text: string): void {
    this.sendFrame(event, `Error Event [${newUuid(this.options.panel)}]: ${text}`)
  }

  private sendFrame(event: string, ...args: string[]): void {
    this.options.send(JSON.stringify({ event, ...(args.length > 0 && { args }) }))
  }

  private now(): number {
    return this.options.panel.now().getTime()
  }
}

const STATS_EVERY_MS = 1_000
const CHECK_EVERY_MS = 30_000
const EXPIRES_SOON_MS = 60_000

const MISMATCH = 'jwt: server uuid mismatch'

/** Events that not everybody may see who may connect. */
const guarded = {
  'install output': 'admin.websocket.install',
  'backup completed': 'backup.read',
  'transfer logs': 'admin.websocket.transfer',
}

const permissionBySignal = new Map<string, { signal: Signal; name: string }>([
  ['start', { signal: 'start', name: 'control.start' }],
  ['stop', { signal: 'stop', name: 'control.stop' }],
  ['restart', { signal: 'restart', name: 'control.restart' }],
  ['kill', { signal: 'kill', name: 'control.stop' }],
])

const Frame = z.object({ event: z.string(), args: z.array(z.string()).nullish() })

function parseFrame(text: unknown): z.infer<typeof Frame> | undefined {
  try {
    return Frame.safeParse(JSON.parse(String(text))).data
  } catch {
    return undefined
  }
}

function holds({ permissions }: Token, permission: string): boolean {
  return permissions.includes(permission) ||
    (permissions.includes('*') && !permission.startsWith('admin.'))
}
