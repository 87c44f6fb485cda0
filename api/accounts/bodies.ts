import * as z from 'zod'

const at = z.iso.datetime()

export const UserBody = z.object({
  id: z.string().meta({ example: 'usr_01k0c3v6h8m2n4p6q8r0s2t4v6' }),
  email: z.string().meta({ example: 'ada@example.com' }),
  emailVerified: z.boolean(),
  pendingEmail: z.string().nullable().meta({
    description: 'The address the account gets once it is confirmed; null when none waits.',
  }),
  name: z.string().nullable().meta({ description: 'How to call the customer; null until set.' }),
  role: z.enum(['customer', 'operator']),
  createdAt: at,
}).meta({ id: 'User', description: 'An account, as its owner sees it.' })
export type UserBody = z.output<typeof UserBody>

export const UserAnswer = z.object({ user: UserBody })
export type UserAnswer = z.output<typeof UserAnswer>

export const TokensBody = z.object({
  tokenType: z.literal('Bearer'),
  accessToken: z.string().meta({ description: 'Sent as `Authorization: Bearer …`.' }),
  expiresIn: z.int().meta({ description: 'Seconds the access token is good for.', example: 600 }),
  refreshToken: z.string().meta({
    description: 'Exchanged once for the next pair; used again later it ends the session.',
  }),
  refreshExpiresIn: z.int().meta({
    description: 'Seconds without a refresh after which the session ends.',
    example: 1_209_600,
  }),
}).meta({ id: 'Tokens', description: 'A session of a program.' })
export type TokensBody = z.output<typeof TokensBody>

export const ConfirmedBody = z.object({
  email: z.string().meta({ description: 'The address that is confirmed now.' }),
}).meta({ id: 'Confirmed' })
export type ConfirmedBody = z.output<typeof ConfirmedBody>

export const SessionBody = z.object({
  id: z.string().meta({ example: 'ses_01k0c3v6h8m2n4p6q8r0s2t4v6' }),
  device: z.string().meta({ description: 'In words.', example: 'Firefox on Windows' }),
  userAgent: z.string().meta({ description: 'What the client said it is, up to 255 characters.' }),
  createdAt: at,
  lastUsedAt: at.meta({ description: 'When its tokens were last refreshed.' }),
  current: z.boolean().meta({ description: 'True for the session that asks.' }),
}).meta({ id: 'Session', description: 'A browser or program that is signed in.' })
export type SessionBody = z.output<typeof SessionBody>

export const SessionsAnswer = z.object({ sessions: z.array(SessionBody) })
export type SessionsAnswer = z.output<typeof SessionsAnswer>

export const PanelLoginBody = z.object({
  panelUrl: z.string(),
  username: z.string(),
  password: z.string().meta({ description: 'Shown this once: it is kept nowhere at the shop.' }),
}).meta({ id: 'PanelLogin', description: 'What to log in to the game panel with.' })
export type PanelLoginBody = z.output<typeof PanelLoginBody>
