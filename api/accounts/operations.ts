import * as z from 'zod'
import { id } from '../openapi/fields.ts'
import type { Operations } from '../openapi/operation.ts'
import {
  AcceptedBody,
  AccountBody,
  ConfirmedBody,
  PanelLoginBody,
  SessionsBody,
  TokensBody,
  type UserBody,
} from './bodies.ts'
import {
  ChangeAccount,
  ChangeEmail,
  ChangePassword,
  Confirm,
  ForgotPassword,
  GetTokens,
  LogIn,
  ResetPassword,
  SetPanelLogin,
  SignUp,
} from './requests.ts'

const email = 'ada@example.com'
const password = 'correct horse battery staple'
const currentPassword = password
const token = 'n3Jd0qV5tYx8Zb1Kc4Lf7Mh9Pr2Sw6Ua-Eg_Ij0Ok3Q'

const user: UserBody = {
  id: 'usr_01kc5x7t2kq9z8x7c6v5b4n3m2',
  email,
  emailVerified: true,
  pendingEmail: null,
  name: 'Ada',
  role: 'customer',
  createdAt: '2026-11-24T17:58:02.118Z',
}

function account(description: string, changes: Partial<UserBody> = {}) {
  return { description, schema: AccountBody, example: { user: { ...user, ...changes } } }
}

function accepted(description: string) {
  return { description, schema: AcceptedBody, example: {} }
}

const setsCookies = 'Sets the session’s cookies, which only the shop’s own pages can use.'

const authentication: Operations = {
  'POST /api/auth/tokens': {
    id: 'createTokens',
    summary: 'Get tokens for a program',
    description:
      'With the password first, then with each refresh token for the next pair. Sets no ' +
      'cookie and asks for no origin. A refresh token works once: within 20 s a second use answers ' +
      '`refresh-raced` and changes nothing, later it ends the session and the owner is told, for then ' +
      'somebody copied it.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: GetTokens, example: { grantType: 'password', email, password } },
    answers: {
      200: {
        description: 'A session of its own, listed among the account’s sessions.',
        schema: TokensBody,
        example: {
          tokenType: 'Bearer',
          accessToken: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ1c3IifQ.c2lnbmF0dXJl',
          expiresIn: 600,
          refreshToken: 'kQ2v7Xc1Zr9Tb4Yn6Wm8Ls3Pd5Hf0Jg-Ae_Ui2Oo4Ee',
          refreshExpiresIn: 1_209_600,
        },
      },
    },
    problems: ['wrong-credentials', 'refresh-rejected', 'refresh-raced', 'rate-limited'],
  },
  'POST /api/auth/signup': {
    id: 'signUp',
    summary: 'Make an account',
    description: `${setsCookies} A link that confirms the address goes out by mail.`,
    tag: 'Authentication',
    auth: 'none',
    body: { schema: SignUp, example: { email, password } },
    answers: {
      201: account('The new account, logged in.', { emailVerified: false, name: null }),
    },
    problems: ['email-taken', 'rate-limited'],
  },
  'POST /api/auth/login': {
    id: 'logIn',
    summary: 'Log a browser in',
    description: `${setsCookies} A program asks for tokens instead.`,
    tag: 'Authentication',
    auth: 'none',
    body: { schema: LogIn, example: { email, password } },
    answers: { 200: account('The account, logged in.') },
    problems: ['wrong-credentials', 'rate-limited'],
  },
  'POST /api/auth/refresh': {
    id: 'refreshSession',
    summary: 'Exchange a browser’s tokens for new ones',
    description: `Reads the refresh cookie. ${setsCookies} Two tabs at once: one of them is told ` +
      '`refresh-raced` and has the newer cookies already.',
    tag: 'Authentication',
    auth: 'none',
    answers: { 200: account('The account, logged in for longer.') },
    problems: ['refresh-rejected', 'refresh-raced'],
  },
  'POST /api/auth/logout': {
    id: 'logOut',
    summary: 'Log out',
    description: 'Ends the session at once and clears the cookies. Safe to repeat.',
    tag: 'Authentication',
    auth: 'none',
    answers: { 204: { description: 'Logged out, now or before.' } },
  },
  'GET /api/auth/me': {
    id: 'getCurrentUser',
    summary: 'Show who is logged in',
    tag: 'Authentication',
    auth: 'session',
    answers: { 200: account('The account that the token speaks for.') },
  },
  'POST /api/auth/verification': {
    id: 'sendVerification',
    summary: 'Send the link that confirms the address again',
    description: 'At most one a minute, three an hour and ten a day. Only the newest link works, ' +
      'for 24 hours.',
    tag: 'Authentication',
    auth: 'session',
    answers: { 202: accepted('The mail is on its way.') },
    problems: ['already-verified', 'rate-limited'],
  },
  'POST /api/auth/verification/confirm': {
    id: 'confirmEmail',
    summary: 'Confirm an address',
    description: 'With the token behind the `#` of the link that was mailed there: for the ' +
      'address of the account, or for the one it is to have, which then takes its place. Works once.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: Confirm, example: { token } },
    answers: {
      200: { description: 'Confirmed.', schema: ConfirmedBody, example: { email } },
    },
    problems: ['token-invalid', 'email-taken', 'rate-limited'],
  },
  'POST /api/auth/password/forgot': {
    id: 'forgotPassword',
    summary: 'Ask for a link to set a new password',
    description:
      'The answer is the same whether the address has an account or not. Mails at most ' +
      'one a minute, three an hour and ten a day. Only the newest link works, for 30 minutes.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: ForgotPassword, example: { email } },
    answers: { 202: accepted('If there is such an account, its owner gets a mail.') },
    problems: ['rate-limited'],
  },
  'POST /api/auth/password/reset': {
    id: 'resetPassword',
    summary: 'Set a new password with a link',
    description: 'With the token behind the `#` of the link. Ends every session of the account, ' +
      'confirms its address, drops a change of it, and logs nobody in. Works once.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: ResetPassword, example: { token, password } },
    answers: { 204: { description: 'The new password is set: log in with it.' } },
    problems: ['token-invalid', 'rate-limited'],
  },
}

const own: Operations = {
  'PATCH /api/account': {
    id: 'updateAccount',
    summary: 'Change your name',
    tag: 'Account',
    auth: 'session',
    body: { schema: ChangeAccount, example: { name: 'Ada' } },
    answers: { 200: account('The account as it is now.') },
    problems: ['rate-limited'],
  },
  'PUT /api/account/password': {
    id: 'changePassword',
    summary: 'Change your password',
    description: 'All other sessions end, and so do links mailed before and a change of address ' +
      'under way. A browser gets a new session in its cookies; a program keeps the one it has.',
    tag: 'Account',
    auth: 'session',
    body: {
      schema: ChangePassword,
      example: { currentPassword, newPassword: 'staple of another colour' },
    },
    answers: { 200: account('The account.') },
    problems: ['wrong-password', 'rate-limited'],
  },
  'PUT /api/account/email': {
    id: 'changeEmail',
    summary: 'Change your address',
    description: 'Mails a link to the new address, which counts once it is confirmed, and tells ' +
      'the present one.',
    tag: 'Account',
    auth: 'session',
    body: { schema: ChangeEmail, example: { email: 'ada@example.org', currentPassword } },
    answers: { 202: account('The change waits.', { pendingEmail: 'ada@example.org' }) },
    problems: ['wrong-password', 'email-taken', 'rate-limited'],
  },
  'DELETE /api/account/email': {
    id: 'dropEmailChange',
    summary: 'Drop a change of address',
    description: 'Its link stops working. Safe to repeat.',
    tag: 'Account',
    auth: 'session',
    answers: { 200: account('The account, with no change waiting.') },
    problems: ['rate-limited'],
  },
  'GET /api/account/sessions': {
    id: 'listSessions',
    summary: 'List your sessions',
    tag: 'Account',
    auth: 'session',
    answers: {
      200: {
        description: 'Every browser and program that is logged in.',
        schema: SessionsBody,
        example: {
          sessions: [{
            id: 'ses_01kc5x7t2mr0a9s8d7f6g5h4j3',
            device: 'Firefox on Windows',
            userAgent:
              'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0',
            createdAt: '2026-11-24T17:58:02.118Z',
            lastUsedAt: '2026-11-24T18:18:40.002Z',
            current: true,
          }],
        },
      },
    },
    problems: ['rate-limited'],
  },
  'DELETE /api/account/sessions/:id': {
    id: 'endSession',
    summary: 'End a session',
    description: 'It can write nothing from now on, and read for ten minutes at most.',
    tag: 'Account',
    auth: 'session',
    params: z.object({ id: id('ses_', 'The session’s id.') }),
    answers: { 204: { description: 'Ended.' } },
    problems: ['rate-limited'],
  },
  'DELETE /api/account/sessions': {
    id: 'endOtherSessions',
    summary: 'End all other sessions',
    description: 'Keeps the one that asks. Safe to repeat.',
    tag: 'Account',
    auth: 'session',
    answers: { 204: { description: 'Ended.' } },
    problems: ['rate-limited'],
  },
  'POST /api/account/panel-login': {
    id: 'setPanelLogin',
    summary: 'Set a password for the game panel',
    description:
      'A new random one, shown once; the one before stops working. There is an account ' +
      'at the panel from the first server on. After `panel-unavailable` ask again: the old password ' +
      'may be gone.',
    tag: 'Account',
    auth: 'session',
    body: { schema: SetPanelLogin, example: { currentPassword } },
    answers: {
      200: {
        description: 'What to log in with at the panel.',
        schema: PanelLoginBody,
        example: {
          panelUrl: 'https://panel.example.com',
          username: 'sp-01kc5x7t2kq9z8x7c6v5b4n3m2',
          password: 'h7k2m9qxw4t8r3vbn6yd5zfj',
        },
      },
    },
    problems: [
      'email-not-verified',
      'wrong-password',
      'no-panel-account',
      'panel-unavailable',
      'rate-limited',
    ],
  },
}

export const operations: Operations = { ...authentication, ...own }
