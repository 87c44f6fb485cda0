import * as z from 'zod'
import { emailAddress } from './email.ts'
import { customerName } from './name.ts'
import { givenPassword, newPassword } from './password.ts'

export const SignUp = z.strictObject({ email: emailAddress(), password: newPassword() })

export const LogIn = z.strictObject({ email: emailAddress(), password: givenPassword() })

export const GetTokens = z.discriminatedUnion('grantType', [
  z.strictObject({
    grantType: z.literal('password'),
    email: emailAddress(),
    password: givenPassword(),
  }),
  z.strictObject({ grantType: z.literal('refresh_token'), refreshToken: token('refresh token') }),
], { error: 'Send grantType password or refresh_token' })

export const Confirm = z.strictObject({ token: token('token from the link') })

export const ForgotPassword = z.strictObject({ email: emailAddress() })

export const ResetPassword = z.strictObject({
  token: token('token from the link'),
  password: newPassword(),
})

export const ChangeAccount = z.strictObject({ name: customerName().nullable() })

export const ChangePassword = z.strictObject({
  currentPassword: givenPassword(),
  newPassword: newPassword(),
})

export const ChangeEmail = z.strictObject({
  email: emailAddress(),
  currentPassword: givenPassword(),
})

export const SetPanelLogin = z.strictObject({ currentPassword: givenPassword() })

/** Text of any form; only its SHA-256 is compared with ours. Longer is not worth hashing. */
function token(what: string) {
  return z.string(`Send the ${what}`).min(1, `Send the ${what}`).max(200, `Send the ${what}`)
}
