import { StartError } from './start_error.ts'

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  return listener.addr.port
}

/** True when a server could listen on the port of 127.0.0.1 at this moment. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: '127.0.0.1', port }).close()
    return true
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false
    if (error instanceof Deno.errors.PermissionDenied) return false
    throw error
  }
}

/** The wished port, or any free one when it is taken. */
export function preferPort(wished: number): number {
  return isFree(wished) ? wished : freePort()
}

/** The wished port, or a sentence naming the variable that chooses another. */
export function requirePort(wished: number, variable: string): number {
  if (isFree(wished)) return wished
  throw new StartError(
    `Port ${wished} is taken: choose another with ${variable}, for example ${variable}=${freePort()} deno task dev`,
  )
}
