import type { Server, User } from '../model.ts'
import type { PanelStore } from '../store.ts'

/** Everything that a subuser can be allowed, as `group.action`. */
export const permissions = [
  'websocket.connect',
  ...group('control', ['console', 'start', 'stop', 'restart']),
  ...group('user', ['create', 'read', 'update', 'delete']),
  ...group('file', ['create', 'read', 'read-content', 'update', 'delete', 'archive', 'sftp']),
  ...group('backup', ['create', 'read', 'delete', 'download', 'restore']),
  ...group('allocation', ['read', 'create', 'update', 'delete']),
  ...group('startup', ['read', 'update', 'docker-image']),
  ...group('database', ['create', 'read', 'update', 'delete', 'view_password']),
  ...group('schedule', ['create', 'read', 'update', 'delete']),
  ...group('settings', ['rename', 'reinstall']),
  'activity.read',
]

/** As the token of a websocket carries them. `*` is everything but what begins with `admin.`. */
export function permissionsOf(store: PanelStore, user: User, server: Server): string[] {
  if (user.rootAdmin) return ['*', ...adminPermissions]
  if (user.id === server.ownerId) return ['*']
  return findSubuser(store, user, server)?.permissions ?? []
}

export function may(store: PanelStore, user: User, server: Server, permission: string): boolean {
  const held = permissionsOf(store, user, server)
  return held.includes('*') || held.includes(permission)
}

/** Whether a user may see the server at all. */
export function hasAccess(store: PanelStore, user: User, server: Server): boolean {
  return user.rootAdmin || isOwn(store, user, server)
}

/** The user's own, or one where the user is a subuser. */
export function isOwn(store: PanelStore, user: User, server: Server): boolean {
  return user.id === server.ownerId || findSubuser(store, user, server) !== undefined
}

const adminPermissions = [
  'admin.websocket.errors',
  'admin.websocket.install',
  'admin.websocket.transfer',
]

function findSubuser(store: PanelStore, user: User, server: Server) {
  return store.subusersOf(server.id).find((row) => row.userId === user.id)
}

function group(name: string, actions: string[]): string[] {
  return actions.map((action) => `${name}.${action}`)
}
