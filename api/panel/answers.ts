import * as z from 'zod'
import type { Allocation, PanelNode, PanelServer, PanelUser, Region } from './panel.ts'

/** `{object, attributes}` → what `attributes` says. */
export function itemOf<T>(attributes: z.ZodType<T>) {
  return z.object({ attributes }).transform((item) => item.attributes)
}

/** `{object: 'list', data: […], meta}`; some lists have no pages and then no meta. */
export function listOf<T>(attributes: z.ZodType<T>) {
  return z.object({
    data: z.array(itemOf(attributes)),
    meta: z.object({ pagination: z.object({ total_pages: z.int() }) }).optional(),
  }).transform((list) => ({ data: list.data, totalPages: list.meta?.pagination.total_pages ?? 1 }))
}

const optional = z.string().nullish().transform((text) => text ?? undefined)

/** PHP writes an empty map as an empty array. */
function mapOf<T>(value: z.ZodType<T>) {
  const none = z.array(z.never()).max(0).transform((): Record<string, T> => ({}))
  return z.union([z.record(z.string(), value), none])
}

const Location = z.object({ short: z.string(), long: optional })

export const LocationAnswer = Location
  .transform((it): Region => ({ name: it.short, title: it.long }))

export const NestAnswer = z.object({ id: z.int(), name: z.string() })

export const NodeAnswer = z.object({
  id: z.int(),
  name: z.string(),
  fqdn: z.string(),
  public: z.boolean(),
  maintenance_mode: z.boolean(),
  memory: z.number(),
  memory_overallocate: z.number(),
  disk: z.number(),
  disk_overallocate: z.number(),
  allocated_resources: z.object({ memory: z.number(), disk: z.number() }),
  relationships: z.object({ location: itemOf(Location) }),
}).transform((it): PanelNode => ({
  id: it.id,
  name: it.name,
  fqdn: it.fqdn,
  locationShort: it.relationships.location.short,
  public: it.public,
  maintenance: it.maintenance_mode,
  memoryMib: it.memory,
  memoryOverallocate: it.memory_overallocate,
  memoryAllocatedMib: it.allocated_resources.memory,
  diskMib: it.disk,
  diskOverallocate: it.disk_overallocate,
  diskAllocatedMib: it.allocated_resources.disk,
}))

export const AllocationAnswer = z.object({
  id: z.int(),
  ip: z.string(),
  alias: optional,
  port: z.int(),
  assigned: z.boolean(),
}).transform(({ id, ip, alias, port, assigned }): Allocation => ({ id, ip, alias, port, assigned }))

const VariableAnswer = z.object({
  name: z.string(),
  description: z.string().nullable(),
  env_variable: z.string(),
  default_value: z.string().nullable(),
  user_viewable: z.boolean(),
  user_editable: z.boolean(),
  rules: z.string(),
}).transform((it) => ({
  name: it.name,
  description: it.description ?? '',
  envVariable: it.env_variable,
  defaultValue: it.default_value ?? '',
  rules: it.rules,
  userViewable: it.user_viewable,
  userEditable: it.user_editable,
}))

export const EggAnswer = z.object({
  id: z.int(),
  uuid: z.string(),
  name: z.string(),
  startup: z.string(),
  docker_images: mapOf(z.string()),
  relationships: z.object({ variables: listOf(VariableAnswer) }),
}).transform((it) => ({
  id: it.id,
  uuid: it.uuid,
  name: it.name,
  startup: it.startup,
  dockerImages: it.docker_images,
  variables: it.relationships.variables.data,
}))

export const UserAnswer = z.object({
  id: z.int(),
  external_id: optional,
  email: z.string(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  root_admin: z.boolean(),
}).transform((it): PanelUser => ({
  id: it.id,
  externalId: it.external_id,
  email: it.email,
  username: it.username,
  firstName: it.first_name,
  lastName: it.last_name,
  rootAdmin: it.root_admin,
}))

const environment = mapOf(z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .transform((values) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? '')]))
  )

const limit = z.number().nullish().transform((count) => count ?? 0)

export const ServerAnswer = z.object({
  id: z.int(),
  external_id: optional,
  uuid: z.string(),
  identifier: z.string(),
  name: z.string(),
  status: z.string().nullable(),
  suspended: z.boolean(),
  limits: z.object({ memory: z.number(), disk: z.number(), cpu: z.number() }),
  feature_limits: z.object({ databases: limit, backups: limit, allocations: limit }),
  user: z.int(),
  node: z.int(),
  egg: z.int(),
  allocation: z.int().nullish(),
  container: z.object({ environment }),
  relationships: z.object({
    allocations: listOf(AllocationAnswer),
    // no attributes: the key may not read users
    user: z.object({ attributes: z.object({ external_id: optional }).nullable() }).optional(),
  }),
}).transform((it): PanelServer => ({
  id: it.id,
  externalId: it.external_id,
  uuid: it.uuid,
  identifier: it.identifier,
  name: it.name,
  status: it.status,
  suspended: it.suspended,
  limits: { memoryMib: it.limits.memory, diskMib: it.limits.disk, cpuPercent: it.limits.cpu },
  featureLimits: it.feature_limits,
  userId: it.user,
  owner: ownerOf(it.relationships.user?.attributes),
  nodeId: it.node,
  eggId: it.egg,
  allocationId: it.allocation ?? undefined,
  address: addressOf(it.relationships.allocations.data, it.allocation),
  environment: it.container.environment,
}))

function ownerOf(user: { external_id: string | undefined } | null | undefined) {
  return user ? { externalId: user.external_id } : undefined
}

/** The default allocation is not always the first one listed. */
function addressOf(allocations: Allocation[], defaultId: number | null | undefined) {
  const main = allocations.find((allocation) => allocation.id === defaultId)
  return main && { host: main.alias ?? main.ip, port: main.port }
}
