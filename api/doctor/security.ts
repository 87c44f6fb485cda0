import { type Check, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Versions below these have holes that were told to the world: reliability of the shop's own parts. */
const FLOORS: Record<string, string> = {
  hono: '4.13.7',
  jose: '6.0.0',
  mysql2: '3.23.1',
  preact: '10.28.2',
  stripe: '23.1.0',
}

export const securityChecks: Check[] = [
  {
    id: 'security.libraries',
    what: 'The libraries',
    wanted: some(Object.entries(FLOORS).map(([name, version]) => `${name} ${version}`), 9),
    mend: 'Update what is named in deno.json, run `deno install`, and deploy.',
    look: lookAtLibraries,
  },
]

async function lookAtLibraries({ libraries }: Exam): Promise<Seen> {
  if (!libraries) return skip('nothing here says which they are')
  const versions = await libraries()
  const old = Object.entries(FLOORS).flatMap(([name, floor]) => {
    const version = versions[name]
    return version && isBelow(version, floor) ? [`${name} ${version}`] : []
  })
  return old.length ? warn(`with known holes: ${some(old)}`) : ok('none with known holes')
}

function isBelow(version: string, floor: string): boolean {
  return version.localeCompare(floor, 'en', { numeric: true }) < 0
}
