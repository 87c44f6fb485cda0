import type { TestProject } from 'vitest/node'
import { startDatabase } from '../../dev/database.ts'
import { makeTemplate, type Template } from './template.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `mysql://user:password@host:port`, without the name of a database: each file makes its own. */
    databaseUrl: string
    template: Template
  }
}

/** Starts one throw-away database server for the whole run, or uses the one of TEST_DATABASE_URL. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const given = Deno.env.get('TEST_DATABASE_URL')
  if (given) {
    const url = given.replace(/\/+$/, '')
    project.provide('databaseUrl', url)
    project.provide('template', await makeTemplate(url))
    return
  }
  const dir = await Deno.makeTempDir({ prefix: 'spawnpoint-test-' })
  const database = await startDatabase({ dir, durable: false, log: console.log })
  project.provide('databaseUrl', database.url)
  project.provide('template', await makeTemplate(database.url))
  return () => database.stop()
}
