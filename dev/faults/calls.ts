import type { Service } from './vocabulary.ts'

/** How the path of every call of a service begins. */
export const CALLS: Record<Service, string> = {
  stripe: '/v1/',
  panel: '/api/',
  mailbox: '/emails',
}

/** Whether a path belongs to a service's API. What does not is a page for people. */
export function isCall(service: Service, path: string): boolean {
  return path.startsWith(CALLS[service])
}
