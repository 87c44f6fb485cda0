import * as z from 'zod'
import { id, instant } from '../openapi/fields.ts'

export const UserBody = z.object({
  id: id('usr_', 'The account’s id.'),
  email: z.string().meta({ description: 'The address to log in with, in lower case.' }),
  emailVerified: z.boolean().meta({ description: 'True once the address was confirmed.' }),
  pendingEmail: z.string().nullable().meta({
    description: 'The address the account gets once it is confirmed; null when none waits.',
  }),
  name: z.string().nullable().meta({ description: 'How to call the customer; null until set.' }),
  role: z.enum(['customer', 'operator']),
  createdAt: instant('When the account was made.'),
}).meta({ id: 'User', description: 'An account as its owner sees it.' })

export type UserBody = z.output<typeof UserBody>

export const AccountBody = z.object({ user: UserBody }).meta({
  id: 'Account',
  description: 'The account that the request was about.',
})

export type AccountBody = z.output<typeof AccountBody>

export const AcceptedBody = z.strictObject({}).meta({
  id: 'Accepted',
  description: 'It is under way; there is nothing to tell yet.',
})

export type AcceptedBody = z.output<typeof AcceptedBody>

export const TokensBody = z.object({
  tokenType: z.literal('Bearer'),
  accessToken: z.string().meta({ description: 'Sent as `Authorization: Bearer …`.' }),
  expiresIn: z.int().meta({ description: 'Seconds that the access token is good for.' }),
  refreshToken: z.string().meta({
    description: 'Exchanged once for the next pair; used again later it ends the session.',
  }),
  refreshExpiresIn: z.int().meta({
    description:
      'Seconds without a refresh after which the session ends; it lasts 30 days at most.',
  }),
}).meta({ id: 'Tokens', description: 'The session of a program.' })

export type TokensBody = z.output<typeof TokensBody>

export const ConfirmedBody = z.object({
  email: z.string().meta({ description: 'The address that is confirmed now.' }),
}).meta({ id: 'Confirmed', description: 'What a link from a mail did.' })

export type ConfirmedBody = z.output<typeof ConfirmedBody>

export const SessionBody = z.object({
  id: id('ses_', 'The session’s id.'),
  device: z.string().meta({
    description: 'In words: `Firefox on Windows`, or `Program` for what is no browser.',
  }),
  userAgent: z.string().meta({ description: 'What the client called itself.' }),
  createdAt: instant('When it logged in.'),
  lastUsedAt: instant('When its tokens were last refreshed: accurate to ten minutes.'),
  current: z.boolean().meta({ description: 'True for the session that asks.' }),
}).meta({ id: 'Session', description: 'A browser or program that is logged in.' })

export type SessionBody = z.output<typeof SessionBody>

export const SessionsBody = z.object({ sessions: z.array(SessionBody) }).meta({
  id: 'Sessions',
  description: 'The one used last first, at most 20.',
})

export type SessionsBody = z.output<typeof SessionsBody>

export const PanelLoginBody = z.object({
  panelUrl: z.url(),
  username: z.string(),
  password: z.string().meta({ description: 'Shown this once: the shop keeps it nowhere.' }),
}).meta({ id: 'PanelLogin', description: 'What to log in to the game panel with.' })

export type PanelLoginBody = z.output<typeof PanelLoginBody>
