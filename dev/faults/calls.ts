import type { Service } from './vocabulary.ts'

const API_PATHS: Record<Service, RegExp> = {
  stripe: /^\/v1\//,
  panel: /^\/api\//,
  mailbox: /^\/emails$/,
}

/** Whether a path belongs to a service's API. What does not is a page for people. */
export function isCall(service: Service, path: string): boolean {
  return API_PATHS[service].test(path)
}
