import * as z from 'zod'
import { id } from '../openapi/fields.ts'
import type { Answer, Operations } from '../openapi/operation.ts'
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

const user: UserBody = {
  id: 'usr_01kc5wzm4t8x2y6b0d4f8h2k6n',
  email: 'ada@example.com',
  emailVerified: true,
  pendingEmail: null,
  name: 'Ada',
  role: 'customer',
  createdAt: '2026-11-24T17:58:02.101Z',
}

const EMAIL = 'ada@example.com'
const PASSWORD = 'correct horse battery staple'
const TOKEN = 'kV3yP0m2n8Qx7rL5tW9zB1cD4fG6hJ8kM0nP2qR4sT6'

const theUser: Answer = { description: 'The account.', schema: AccountBody, example: { user } }

const withCookies: Answer = {
  ...theUser,
  description: 'The account; the session is in two cookies that scripts cannot read.',
  headers: { 'Set-Cookie': 'The access token (10 minutes) and the refresh token (14 days).' },
}

const nothing: Answer = { description: 'Done; there is no body.' }

const accepted: Answer = {
  description: 'Accepted.',
  schema: AcceptedBody,
  example: {},
}

/** Getting in and out, and the links of mails. */
const authentication: Operations = {
  'POST /api/auth/tokens': {
    id: 'createTokens',
    summary: 'Get tokens for a program',
    description:
      'With `grantType` `password` a new session begins; with `refresh_token` the next pair of ' +
      'one comes. A refresh token works once: use the newer one from then on. Used again within ' +
      '20 s it answers `refresh-raced`, later it ends the session, for it may have been stolen. ' +
      'Sets no cookie. Send the access token as `Authorization: Bearer …`.',
    tag: 'Authentication',
    auth: 'none',
    body: {
      schema: GetTokens,
      example: { grantType: 'password', email: EMAIL, password: PASSWORD },
    },
    answers: {
      200: {
        description: 'An access token for 10 minutes, and a refresh token for 14 days.',
        schema: TokensBody,
        example: {
          tokenType: 'Bearer',
          accessToken: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ1c3JfIn0.c2lnbmF0dXJl',
          expiresIn: 600,
          refreshToken: TOKEN,
          refreshExpiresIn: 1_209_600,
        },
      },
    },
    problems: ['wrong-credentials', 'refresh-rejected', 'refresh-raced'],
  },
  'POST /api/auth/signup': {
    id: 'signUp',
    summary: 'Make an account',
    description: 'Logs in as well, and mails a link that confirms the address.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: SignUp, example: { email: EMAIL, password: PASSWORD } },
    answers: {
      201: {
        ...withCookies,
        example: { user: { ...user, emailVerified: false, name: null } },
      },
    },
    problems: ['email-taken'],
  },
  'POST /api/auth/login': {
    id: 'logIn',
    summary: 'Log in with cookies',
    description:
      'For browsers; programs use `POST /api/auth/tokens`. After five wrong passwords in a row ' +
      'each next try has to wait, up to 15 minutes.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: LogIn, example: { email: EMAIL, password: PASSWORD } },
    answers: { 200: withCookies },
    problems: ['wrong-credentials'],
  },
  'POST /api/auth/refresh': {
    id: 'refreshSession',
    summary: 'Exchange the refresh cookie',
    description: 'One at a time: two at once with the same cookie answer `refresh-raced`, once.',
    tag: 'Authentication',
    auth: 'none',
    answers: { 200: withCookies },
    problems: ['refresh-rejected', 'refresh-raced', 'login-required'],
  },
  'POST /api/auth/logout': {
    id: 'logOut',
    summary: 'End this session',
    description: 'Safe to repeat, and without a session.',
    tag: 'Authentication',
    auth: 'none',
    answers: { 204: nothing },
  },
  'GET /api/auth/me': {
    id: 'getCurrentUser',
    summary: 'Ask who is signed in',
    tag: 'Authentication',
    auth: 'session',
    answers: { 200: theUser },
  },
  'POST /api/auth/verification': {
    id: 'sendVerification',
    summary: 'Mail the confirmation again',
    description: 'An earlier link stops working. At most one a minute, three an hour, ten a day.',
    tag: 'Authentication',
    auth: 'session',
    answers: { 202: accepted },
    problems: ['already-verified'],
  },
  'POST /api/auth/verification/confirm': {
    id: 'confirmAddress',
    summary: 'Confirm an address by its link',
    description:
      'For the account’s own address and for the one it is to have. A link works once, ' +
      'for a day.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: Confirm, example: { token: TOKEN } },
    answers: {
      200: {
        description: 'The address that is confirmed now.',
        schema: ConfirmedBody,
        example: { email: EMAIL },
      },
    },
    problems: ['token-invalid', 'email-taken', 'login-required'],
  },
  'POST /api/auth/password/forgot': {
    id: 'forgotPassword',
    summary: 'Have a link for a new password mailed',
    description: 'The answer is the same whether the address has an account or not. At most one ' +
      'mail a minute, three an hour, ten a day.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: ForgotPassword, example: { email: EMAIL } },
    answers: { 202: accepted },
  },
  'POST /api/auth/password/reset': {
    id: 'resetPassword',
    summary: 'Set a new password by its link',
    description:
      'Ends all sessions of the account, confirms its address, drops a change of it, and ' +
      'logs nobody in. A link works once, for 30 minutes, and only the newest.',
    tag: 'Authentication',
    auth: 'none',
    body: { schema: ResetPassword, example: { token: TOKEN, password: PASSWORD } },
    answers: { 204: nothing },
    problems: ['token-invalid'],
  },
}

/** What the owner of an account does with it. */
const account: Operations = {
  'PATCH /api/account': {
    id: 'changeAccount',
    summary: 'Change the name',
    tag: 'Account',
    auth: 'session',
    body: { schema: ChangeAccount, example: { name: 'Ada' } },
    answers: { 200: theUser },
  },
  'PUT /api/account/password': {
    id: 'changePassword',
    summary: 'Change the password',
    description:
      'Ends all other sessions, links mailed before and a change of address under way, ' +
      'and tells the owner by mail. A browser gets a new session in its cookies; a program keeps ' +
      'its own.',
    tag: 'Account',
    auth: 'session',
    body: {
      schema: ChangePassword,
      example: { currentPassword: PASSWORD, newPassword: 'a newer horse battery staple' },
    },
    answers: { 200: theUser },
    problems: ['wrong-password'],
  },
  'PUT /api/account/email': {
    id: 'changeEmail',
    summary: 'Ask for another address',
    description: 'Mails a link to the new address, which counts once it is confirmed there, and ' +
      'tells the present one.',
    tag: 'Account',
    auth: 'session',
    body: {
      schema: ChangeEmail,
      example: { email: 'lovelace@example.com', currentPassword: PASSWORD },
    },
    answers: {
      202: {
        ...theUser,
        example: { user: { ...user, pendingEmail: 'lovelace@example.com' } },
      },
    },
    problems: ['wrong-password', 'email-taken'],
  },
  'DELETE /api/account/email': {
    id: 'dropEmailChange',
    summary: 'Drop the change of address',
    description: 'Safe to repeat, and when none is under way.',
    tag: 'Account',
    auth: 'session',
    answers: { 200: theUser },
  },
  'GET /api/account/sessions': {
    id: 'listSessions',
    summary: 'List where you are logged in',
    tag: 'Account',
    auth: 'session',
    answers: {
      200: {
        description: 'Your sessions.',
        schema: SessionsBody,
        example: {
          sessions: [{
            id: 'ses_01kc5x0a1b2c3d4e5f6g7h8j9k',
            device: 'Firefox on Linux',
            userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
            createdAt: '2026-11-24T17:58:02.101Z',
            lastUsedAt: '2026-11-24T18:18:02.101Z',
            current: true,
          }],
        },
      },
    },
  },
  'DELETE /api/account/sessions/:id': {
    id: 'endSession',
    summary: 'End a session',
    description: 'It can change nothing from now on, and read for ten minutes at most.',
    tag: 'Account',
    auth: 'session',
    params: z.object({ id: id('ses_', 'The session’s id.') }),
    answers: { 204: nothing },
  },
  'DELETE /api/account/sessions': {
    id: 'endOtherSessions',
    summary: 'End all other sessions',
    tag: 'Account',
    auth: 'session',
    answers: { 204: nothing },
  },
  'POST /api/account/panel-login': {
    id: 'setPanelLogin',
    summary: 'Set a new panel password',
    description: 'Sets a fresh random password for your account at the game panel and shows it ' +
      'this once. After `panel-unavailable` the old one may be gone: ask again.',
    tag: 'Account',
    auth: 'session',
    body: { schema: SetPanelLogin, example: { currentPassword: PASSWORD } },
    answers: {
      200: {
        description: 'What to log in to the panel with.',
        schema: PanelLoginBody,
        example: {
          panelUrl: 'https://panel.example.com',
          username: 'sp-01kc5wzm4t8x2y6b0d4f8h2k6n',
          password: 'h7Kp2mQx9RtW4vZb6NcD',
        },
      },
    },
    problems: ['wrong-password', 'email-not-verified', 'no-panel-account', 'panel-unavailable'],
  },
}

export const operations: Operations = { ...authentication, ...account }
