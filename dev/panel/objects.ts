import { mayRead } from './access.ts'
import type { Resource } from './model.ts'
import type { Call } from './panel.ts'

/** The envelope of one thing; `object` is null for one that the panel has no name for. */
export interface Item {
  object: string | null
  attributes: Record<string, unknown> | null
  meta?: Record<string, unknown>
}

/** The envelope of many. */
export interface List {
  object: 'list'
  data: Item[]
  meta?: Record<string, unknown>
}

/**
 * What `?include=` may ask for: the permission it takes, and how it is made. The call that it is made
 * with asks for what stands behind the dot: `servers.egg` → `egg`.
 */
export type Includes = Record<string, [Resource, (inner: Call) => Item | List]>

/** Adds the relationships that were asked for; unknown names are ignored. */
export function withIncludes(c: Call, item: Item, includes: Includes): Item {
  const asked = c.includes ?? includesOf(c.req.url)
  const found = Object.entries(includes).filter(([name]) => asked.some(([first]) => first === name))
  if (found.length === 0) return item
  const relationships = Object.fromEntries(found.map(([name, [resource, make]]) => {
    // A key too narrow gets no error, only nothing.
    if (!mayRead(c.var.caller, resource)) return [name, nullResource]
    const inner = asked.filter(([first]) => first === name).map(([, ...rest]) => rest)
    return [name, make({ env: c.env, var: c.var, req: c.req, includes: inner })]
  }))
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

/** Whether `?include=` names a thing, for those who make it themselves. */
export function asksFor(c: Call, name: string): boolean {
  return includesOf(c.req.url).some(([first]) => first === name)
}

/** The panel follows no more than two steps. */
const DEPTH = 2

/** `a,b.c` or `include[]=…` → paths of names; parameters such as `a:limit(5)` are dropped. */
function includesOf(url: string): string[][] {
  const query = new URL(url).searchParams
  const names = [
    ...query.getAll('include').flatMap((names) => names.split(',')),
    ...query.getAll('include[]'),
  ]
  return names.map((name) => name.trim().replace(/:.*$/, '').split('.').slice(0, DEPTH))
}
