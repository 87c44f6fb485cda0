import { Hono } from 'hono'
import { answerFailures } from '../answers.ts'
import type { PanelEnv } from '../panel.ts'
import { decodedPath } from '../text.ts'
import { account } from './account.ts'
import { control } from './control.ts'
import { servers } from './servers.ts'
import { subusers } from './subusers.ts'
import { unplayed } from './unplayed.ts'

/** The client API: what the owner of a server does with it, and a root admin with every server. */
export const clientApi = new Hono<PanelEnv>({ getPath: decodedPath }).basePath('/api/client')
  .route('/', servers)
  .route('/', control)
  .route('/', subusers)
  .route('/', account)
  .route('/', unplayed)

answerFailures(clientApi)
