/** Tells password managers whose password a form is about, where it asks for no address. */
export function UsernameHint({ email }: { email: string }) {
  if (!email) return null
  return (
    <input type='email' name='username' autocomplete='username' value={email} readOnly hidden />
  )
}
