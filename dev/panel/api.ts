import { Hono } from 'hono'
import { allocations } from './allocations.ts'
import { answerFailures } from './answers.ts'
import { databases } from './databases.ts'
import { locations } from './locations.ts'
import { nests } from './nests.ts'
import { nodes } from './nodes.ts'
import type { PanelEnv } from './panel.ts'
import { servers } from './servers.ts'
import { decodedPath } from './text.ts'
import { users } from './users.ts'

/**
 * The application API. There is no middleware for all routes, because an unknown route is answered
 * before the key is looked at; each route names its access itself.
 */
export const api = new Hono<PanelEnv>({ getPath: decodedPath }).basePath('/api/application')
  .route('/', users)
  .route('/', locations)
  .route('/', nodes)
  .route('/', allocations)
  .route('/', nests)
  .route('/', databases)
  .route('/', servers)

answerFailures(api)
