import { Hono } from 'hono'
import { PanelFailure } from '../failure.ts'
import type { PanelEnv } from '../panel.ts'

/** What the real panel has here and the emulator does not play. */
const paths = [
  '/permissions',
  '/account/two-factor',
  '/account/two-factor/*',
  '/account/activity',
  '/account/ssh-keys',
  '/account/ssh-keys/*',
  '/servers/:server/activity',
  '/servers/:server/backups',
  '/servers/:server/backups/*',
  '/servers/:server/databases',
  '/servers/:server/databases/*',
  '/servers/:server/files/*',
  '/servers/:server/network/*',
  '/servers/:server/schedules',
  '/servers/:server/schedules/*',
  '/servers/:server/settings/*',
  '/servers/:server/startup',
  '/servers/:server/startup/*',
]

/** Says so, in place of a 404 that a client could take for the panel's. */
export const unplayed = new Hono<PanelEnv>()
for (const path of paths) {
  unplayed.all(path, (c) => {
    const detail = `The panel emulator does not play ${c.req.method} ${c.req.path}.`
    throw new PanelFailure(501, 'NotImplementedByEmulator', detail)
  })
}
