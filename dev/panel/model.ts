import * as z from 'zod'

/**
 * The panel's tables. Written as schemas, because the rows are saved between runs of the stack and
 * have to be read back. Times are ISO strings in UTC; the empty text and null are kept apart as the
 * panel does.
 */

const text = z.string().nullable()
const dates = { createdAt: z.string(), updatedAt: z.string() }

export const User = z.object({
  id: z.int(),
  uuid: z.string(),
  externalId: text,
  username: z.string(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  language: z.string(),
  rootAdmin: z.boolean(),
  twoFactor: z.boolean().default(false),
  /** Salted and hashed; null until one was set. */
  password: text.default(null),
  ...dates,
})
export type User = z.infer<typeof User>

export const Location = z.object({ id: z.int(), short: z.string(), long: text, ...dates })
export type Location = z.infer<typeof Location>

export const Node = z.object({
  id: z.int(),
  uuid: z.string(),
  public: z.boolean(),
  name: z.string(),
  description: text,
  locationId: z.int(),
  fqdn: z.string(),
  scheme: z.string().default('https'),
  behindProxy: z.boolean().default(false),
  maintenance: z.boolean(),
  memory: z.number(),
  memoryOverallocate: z.number(),
  disk: z.number(),
  diskOverallocate: z.number(),
  uploadSize: z.int().default(100),
  daemonListen: z.int().default(8080),
  daemonSftp: z.int().default(2022),
  daemonBase: z.string().default('/var/lib/pterodactyl/volumes'),
  /** 16 and 64 characters: by these the panel and the node's daemon know each other. */
  daemonTokenId: z.string().default(''),
  daemonToken: z.string().default(''),
  ...dates,
})
export type Node = z.infer<typeof Node>

export const Allocation = z.object({
  id: z.int(),
  nodeId: z.int(),
  ip: z.string(),
  alias: text,
  port: z.int(),
  notes: text.default(null),
  serverId: z.int().nullable(),
})
export type Allocation = z.infer<typeof Allocation>

export const Nest = z.object({
  id: z.int(),
  uuid: z.string(),
  author: z.string(),
  name: z.string(),
  description: z.string(),
  ...dates,
})
export type Nest = z.infer<typeof Nest>

const Script = z.object({
  privileged: z.boolean(),
  install: z.string(),
  entry: z.string(),
  container: z.string(),
})

export const Egg = z.object({
  id: z.int(),
  uuid: z.string(),
  nestId: z.int(),
  author: z.string(),
  name: z.string(),
  description: z.string(),
  dockerImages: z.record(z.string(), z.string()),
  startup: z.string(),
  stop: z.string(),
  startupDone: z.string(),
  /** What the node writes into the game's configuration files; null makes the egg unreadable. */
  configFiles: z.record(z.string(), z.unknown()).nullable().default({}),
  fileDenylist: z.array(z.string()).default([]),
  script: Script.default({ privileged: true, install: '', entry: 'ash', container: '' }),
  /** Another egg whose configuration, or whose script, this one inherits. */
  configFrom: z.int().nullable().default(null),
  scriptFrom: z.int().nullable().default(null),
  /** Names by which the panel's own pages offer help, such as `eula`. */
  features: z.array(z.string()).default([]),
  ...dates,
})
export type Egg = z.infer<typeof Egg>

export const Variable = z.object({
  id: z.int(),
  eggId: z.int(),
  name: z.string(),
  description: z.string(),
  envVariable: z.string(),
  defaultValue: z.string(),
  userViewable: z.boolean(),
  userEditable: z.boolean(),
  rules: z.string(),
  ...dates,
})
export type Variable = z.infer<typeof Variable>

/** What the node is doing in the background; the panel itself does not know it. */
const Install = z.object({
  endsAt: z.string(),
  outcome: z.enum(['installed', 'failed']),
  again: z.boolean(),
})

export const Server = z.object({
  id: z.int(),
  externalId: text,
  uuid: z.string(),
  name: z.string(),
  description: z.string(),
  status: text,
  /** Under way to another node. The panel keeps that apart from the status. */
  transferring: z.boolean().default(false),
  memory: z.number(),
  swap: z.number(),
  disk: z.number(),
  io: z.number(),
  cpu: z.number(),
  threads: text,
  oomDisabled: z.boolean(),
  databaseLimit: z.number().nullable(),
  allocationLimit: z.number().nullable(),
  backupLimit: z.number(),
  ownerId: z.int(),
  nodeId: z.int(),
  allocationId: z.int(),
  nestId: z.int(),
  eggId: z.int(),
  startup: z.string(),
  image: z.string(),
  environment: z.record(z.string(), z.string()),
  skipScripts: z.boolean().default(false),
  install: Install.nullable(),
  ...dates,
})
export type Server = z.infer<typeof Server>

export const resources = [
  'servers',
  'nodes',
  'allocations',
  'users',
  'locations',
  'nests',
  'eggs',
  'database_hosts',
  'server_databases',
] as const
export type Resource = typeof resources[number]

/**
 * `ptla_…` keys are made in the admin area and carry permissions; `ptlc_…` keys belong to an account
 * and may do what their owner may.
 */
export const Key = z.object({
  id: z.int(),
  /** All 48 characters: 16 to find it by, 32 to prove it. */
  token: z.string(),
  ownerId: z.int(),
  /** 1 reads, 2 writes, 3 both; null for an account key, which has no such bits. */
  permissions: z.partialRecord(z.enum(resources), z.int()).nullable(),
  description: text.default(null),
  /** Addresses and CIDR ranges it may be used from; none: from anywhere. */
  allowedIps: z.array(z.string()).default([]),
  lastUsedAt: text.default(null),
  createdAt: z.string().default('2026-01-01T00:00:00.000Z'),
})
export type Key = z.infer<typeof Key>

/** A user who may do some things with the server of another. */
export const Subuser = z.object({
  id: z.int(),
  userId: z.int(),
  serverId: z.int(),
  /** Such as `control.start`. */
  permissions: z.array(z.string()),
  createdAt: z.string(),
})
export type Subuser = z.infer<typeof Subuser>
