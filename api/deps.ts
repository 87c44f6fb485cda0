import type { Context } from 'hono'
import type { AccessTokens } from './accounts/tokens.ts'
import type { Config } from './config.ts'
import type { Db } from './db.ts'
import type { IdKind } from './ids.ts'
import type { Log } from './log.ts'
import type { Panel } from './panel/panel.ts'
import type { Payments } from './payments/payments.ts'

/** What lives as long as the process. */
export interface Deps {
  config: Config
  openDb: () => Db
  payments: Payments
  panel: Panel
  tokens: AccessTokens
  now: () => Date
  newId: (kind: IdKind) => string
  randomBytes: (count: number) => Uint8Array
  log: Log
  /** The client's address as the platform tells it; never taken from a header a client can write. */
  clientAddress: (c: Context) => string
  /** Asks for the queues to be drained soon; nothing depends on it, the sweep comes anyway. */
  wake: (c?: Context) => void
}

/** Who is signed in, as the access token says; writes have also seen the session row. */
export interface SignedIn {
  userId: string
  sessionId: string
}

/** What lives as long as a request. */
export interface AppEnv {
  Variables: {
    requestId: string
    db: Db
    signedIn?: SignedIn
  }
}
