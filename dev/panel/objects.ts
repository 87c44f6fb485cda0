import { mayRead } from './access.ts'
import type { Resource } from './model.ts'
import type { Call } from './panel.ts'

/** The envelope of one thing. */
export interface Item {
  object: string
  attributes: Record<string, unknown> | null
  meta?: Record<string, unknown>
}

/** The envelope of many. */
export interface List {
  object: 'list'
  data: Item[]
  meta?: Record<string, unknown>
}

/** What `?include=` may ask for: the permission it takes, and how it is made. */
export type Includes = Record<string, [Resource, () => Item | List]>

/** Adds the relationships that were asked for; unknown names are ignored. */
export function withIncludes(c: Call, item: Item, includes: Includes): Item {
  const asked = includesOf(c).flatMap((name) => {
    const include = includes[name]
    return include ? [[name, include] as const] : []
  })
  if (asked.length === 0) return item
  const relationships = Object.fromEntries(
    asked.map(([name, [resource, make]]) => {
      // A key too narrow gets no error, only nothing.
      return [name, mayRead(c.var.caller, resource) ? make() : nullResource]
    }),
  )
  return { ...item, attributes: { ...item.attributes, relationships } }
}

export const nullResource: Item = { object: 'null_resource', attributes: null }

export function listOf(data: Item[]): List {
  return { object: 'list', data }
}

/** `2026-11-23T16:28:03+00:00` */
export function zonedTime(iso: string): string {
  return iso.slice(0, 19) + '+00:00'
}

/** The panel writes the times of variables, and only those, with microseconds. */
export function microsecondTime(iso: string): string {
  return iso.slice(0, 19) + '.000000Z'
}

export function dates({ createdAt, updatedAt }: { createdAt: string; updatedAt: string }) {
  return { created_at: zonedTime(createdAt), updated_at: zonedTime(updatedAt) }
}

function includesOf(c: Call): string[] {
  const query = new URL(c.req.url).searchParams
  return [
    ...query.getAll('include').flatMap((names) => names.split(',')),
    ...query.getAll('include[]'),
  ]
}
