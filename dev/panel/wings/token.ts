import { createHash } from 'node:crypto'
import { compactVerify, SignJWT } from 'jose'
import * as z from 'zod'
import type { Node, Server, User } from '../model.ts'
import { newToken, type PanelApp } from '../panel.ts'

/** What a websocket is opened with. Times in unix seconds. */
export interface Token {
  jti: string
  iat: number
  exp: number
  server_uuid: string
  permissions: string[]
}

/** How long a token opens a websocket; the page asks for a new one before. */
const LASTS_S = 600

/** Clocks of nodes may be behind. */
const EARLY_S = 300

/** Signed by the panel with the secret it shares with the node (HS256). */
export async function signToken(
  panel: PanelApp,
  { server, user, permissions }: { server: Server; user: User; permissions: string[] },
): Promise<string> {
  const issuedAt = Math.floor(panel.now().getTime() / 1000)
  const jti = tokenIdOf(user.id, server)
  const claims = {
    server_uuid: server.uuid,
    permissions,
    user_uuid: user.uuid,
    user_id: user.id,
    unique_id: newToken(panel, 16),
  }
  return await new SignJWT(claims)
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256', jti })
    .setIssuer(panel.url)
    .setAudience([panel.url])
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt - EARLY_S)
    .setExpirationTime(issuedAt + LASTS_S)
    .sign(secretOf(panel.store.nodes.get(server.nodeId)))
}

/** One for a user and a server, so that a whole family of tokens can be denied. */
export function tokenIdOf(userId: number, server: Server): string {
  return createHash('md5').update(`${userId}${server.uuid}`).digest('hex')
}

/**
 * The claims of a token that the node's secret has signed; `undefined` for every other text. Nothing
 * else is looked at here, not even the time.
 */
export async function readToken(node: Node, text: string): Promise<Token | undefined> {
  try {
    const { payload } = await compactVerify(text, secretOf(node), { algorithms: ['HS256'] })
    return Claims.parse(JSON.parse(new TextDecoder().decode(payload)))
  } catch {
    return undefined
  }
}

const Claims = z.object({
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  server_uuid: z.string(),
  permissions: z.array(z.string()),
})

function secretOf({ daemonToken }: Node): Uint8Array {
  return new TextEncoder().encode(daemonToken)
}
