import type { Faults } from '../../faults/faults.ts'
import type { WingsAction } from '../../faults/rule.ts'
import type { Node, Server } from '../model.ts'
import type { PanelStore } from '../store.ts'
import type { Container } from './container.ts'
import { daemonFailure, WingsFailure, type WingsFault } from './failure.ts'
import { installLines } from './games.ts'
import { advance, schedule, setPower, stopNow } from './power.ts'
import { settingsOf } from './settings.ts'

/** Who listens to a server: an open websocket. */
export interface Listener {
  send(event: string, ...args: string[]): void
  /** Called now and then while it listens. */
  tick(): void
  close(code: number, reason: string): void
}

interface WingsOptions {
  store: PanelStore
  now: () => Date
  installMs: number
  faults: Faults
}

/**
 * The daemon of every node: installs at its own pace, runs what it installed, and fails as ordered.
 * What happens by itself happens when `settle` is called, at the time that it was due.
 */
export class Wings {
  installMs: number
  readonly store: PanelStore
  readonly now: () => Date
  private readonly faults: Faults
  private readonly listeners = new Map<string, Set<Listener>>()
  private readonly deniedAt = new Map<string, number>()
  private readonly bootedAt = new Map<number, number>()
  private readonly startedAt: number

  constructor({ store, now, installMs, faults }: WingsOptions) {
    this.faults = faults
    this.store = store
    this.now = now
    this.installMs = installMs
    this.startedAt = Math.floor(now().getTime() / 1000)
  }

  /** Returns when the daemon took the order, else throws what the panel makes of the failure. */
  async call(action: 'create' | 'sync' | 'reinstall' | 'delete', server: Server): Promise<void> {
    await this.ask(action, server, (container) => {
      if (action === 'delete') this.forget(container)
      if (action === 'sync') this.sync(container)
      if (action === 'reinstall') this.requireNoPowerAction(container)
    })
  }

  /** Tells the daemon of a node its own new settings, which it takes as they are. */
  async update(): Promise<void> {
    await this.answer('update', () => {})
  }

  /** As `call`, for what has an answer: `work` is what the daemon does. */
  async ask<Answer>(
    action: WingsAction,
    server: Server,
    work: (container: Container) => Answer,
  ): Promise<Answer> {
    const container = this.containerOf(server)
    return await this.answer(action, () => work(container))
  }

  startInstall(server: Server, { now, again, startOnCompletion = false }: InstallOptions): void {
    const takesMs = server.skipScripts ? 0 : this.installMs
    const wings = again ? 'reinstall' : 'create'
    const fault = this.faults.strike('install', { service: 'panel', wings })?.fault.name
    const outcome = fault === 'install-fails' ? 'failed' : 'installed'
    const endsAt = new Date(now.getTime() + takesMs).toISOString()
    server.install = fault === 'install-never-ends' ? null : { endsAt, outcome, again }
    const container = this.containerOf(server)
    container.startOnCompletion = startOnCompletion
    stopNow(this, container)
    this.publish(server.uuid, 'install started', '')
    if (server.skipScripts) return
    this.publish(
      server.uuid,
      'daemon message',
      'Starting installation process, this could take a few minutes...',
    )
    schedule(container, now, installLines(this.store.eggs.get(server.eggId), takesMs), 'install')
  }

  /** Lets everything happen that is due, as it happens by itself on a node; true if anything did. */
  settle(): boolean {
    const now = this.now()
    const ended = this.store.servers.rows.filter(({ install }) =>
      install !== null && Date.parse(install.endsAt) <= now.getTime()
    )
    const moved = this.store.containers.rows.map((container) => advance(this, container, now))
    for (const server of ended) this.endInstall(server)
    for (const uuid of this.listeners.keys()) {
      for (const listener of this.listenersOf(uuid)) listener.tick()
    }
    return ended.length > 0 || moved.includes(true)
  }

  /** What the node has of a server. A row that another hand put into the panel is there as well. */
  containerOf(server: Server): Container {
    return this.findContainer(server.uuid) ?? this.store.containers.insert((id) => ({
      id,
      nodeId: server.nodeId,
      settings: settingsOf(this.store, server),
      state: 'offline',
      startedAt: null,
      due: [],
      log: [],
      startOnCompletion: false,
    }))
  }

  findContainer(uuid: string): Container | undefined {
    return this.store.containers.rows.find(({ settings }) => settings.uuid === uuid)
  }

  serverOf({ settings }: Container): Server | undefined {
    return this.store.servers.rows.find(({ uuid }) => uuid === settings.uuid)
  }

  isInstalling(container: Container): boolean {
    const server = this.serverOf(container)
    return server !== undefined && (server.install !== null || server.status === 'installing')
  }

  /** Fetches what the panel says of a server. A server that is suspended now is stopped. */
  sync(container: Container): void {
    const server = this.serverOf(container)
    if (!server) throw new WingsFailure(500, 'the panel does not know this server')
    container.settings = settingsOf(this.store, server)
    if (server.status === 'suspended') setPower(this, container, 'stop')
  }

  requireNoPowerAction({ state }: Container): void {
    if (state === 'stopping') throw new WingsFailure(409, POWER_ACTION_RUNS)
  }

  /** Everything of a server goes: process, files, and whoever listens. */
  forget(container: Container): void {
    this.store.containers.remove(container)
    this.closeAll(container.settings.uuid, 'server deleted')
  }

  /**
   * The daemon starts anew: what ran runs on, installs are forgotten, old tokens are refused, and the
   * panel, told so, takes every server that was installing for installed.
   */
  reboot(node: Node): void {
    this.bootedAt.set(node.id, this.now().getTime() / 1000)
    this.deniedAt.clear()
    const servers = this.store.servers.rows.filter((server) => server.nodeId === node.id)
    for (const server of servers) {
      if (server.install) this.containerOf(server).due = []
      server.install = null
      this.closeAll(server.uuid, '')
    }
    resetInstalls(this.store, node)
  }

  publish(uuid: string, event: string, ...args: string[]): void {
    for (const listener of this.listenersOf(uuid)) listener.send(event, ...args)
  }

  /** Returns how to stop listening. */
  listen(uuid: string, listener: Listener): () => void {
    const all = this.listeners.get(uuid) ?? new Set()
    this.listeners.set(uuid, all.add(listener))
    return () => void all.delete(listener)
  }

  /** Tokens of this kind that were given out until now are refused. */
  deny(jti: string): void {
    this.deniedAt.set(jti, this.now().getTime() / 1000)
  }

  /** `issuedAt` in unix seconds. */
  isDenied(jti: string, issuedAt: number, nodeId: number): boolean {
    const bootedAt = this.bootedAt.get(nodeId) ?? this.startedAt
    return issuedAt < bootedAt || issuedAt < (this.deniedAt.get(jti) ?? 0)
  }

  /** Ends every connection. */
  close(): void {
    for (const uuid of [...this.listeners.keys()]) this.closeAll(uuid, '')
  }

  private listenersOf(uuid: string): Listener[] {
    return [...this.listeners.get(uuid) ?? []]
  }

  private closeAll(uuid: string, reason: string): void {
    for (const listener of this.listenersOf(uuid)) listener.close(GOING_AWAY, reason)
    this.listeners.delete(uuid)
  }

  private async answer<Answer>(action: WingsAction, work: () => Answer): Promise<Answer> {
    const fault = this.takeFault(action)
    try {
      if (fault !== undefined) throw new WingsFailure(fault, `${action} failed`)
      return await work()
    } catch (error) {
      throw error instanceof WingsFailure ? daemonFailure(error) : error
    }
  }

  private takeFault(action: WingsAction): WingsFault | undefined {
    const fault = this.faults.strike('wings', { service: 'panel', wings: action })?.fault
    return fault?.name === 'wings-refuses' ? fault.status : fault && 'unreachable'
  }

  private endInstall(server: Server): void {
    const install = server.install
    if (!install) return
    const successful = install.outcome === 'installed'
    server.install = null
    reportInstall(server, { successful, reinstall: install.again, at: install.endsAt })
    this.publish(server.uuid, 'install completed', '')
    const container = this.containerOf(server)
    if (!successful || !container.startOnCompletion) return
    container.startOnCompletion = false
    setPower(this, container, 'start', new Date(install.endsAt))
    advance(this, container, this.now())
  }
}

/** What the panel writes when the daemon says how an install ended. */
export function reportInstall(
  server: Server,
  { successful, reinstall, at }: { successful: boolean; reinstall: boolean; at: string },
): void {
  server.updatedAt = at
  // One column holds both states: a suspension during the install hides how it ended.
  if (server.status === 'suspended') return
  const failed = reinstall ? 'reinstall_failed' : 'install_failed'
  server.status = successful ? null : failed
}

/** `POST /api/remote/servers/reset`: whatever a restart of the daemon cut short counts as done. */
export function resetInstalls(store: PanelStore, node: Node): void {
  for (const server of store.servers.rows) {
    const cut = server.status === 'installing' || server.status === 'restoring_backup'
    if (server.nodeId === node.id && cut) server.status = null
  }
}

interface InstallOptions {
  now: Date
  /** A reinstall: it fails into another status than a first install. */
  again: boolean
  /** The game is started as soon as it is installed. */
  startOnCompletion?: boolean
}

/** The close code of an endpoint that goes. */
const GOING_AWAY = 1001

const POWER_ACTION_RUNS =
  'Cannot execute server reinstall event while another power action is running.'
