/**
 * What the shop asks of a game panel, in the shop's own words. Sizes are MiB, CPU is percent of one
 * core, ids are the panel's numbers. Whatever goes wrong at the panel or on the way to it is thrown
 * as a PanelError.
 */
export interface Panel {
  /** The places servers can run in, by the name that the catalogue uses. */
  listRegions(): Promise<Region[]>
  listNodes(): Promise<PanelNode[]>
  /** All allocations of a node, or only those that no server holds. */
  listAllocations(nodeId: number, filter?: { free?: boolean }): Promise<Allocation[]>
  listEggs(): Promise<Egg[]>
  /** Finds an egg by its names, which outlive a re-import; ids do not. */
  findEgg(names: { nestName: string; eggName: string }): Promise<Egg | undefined>

  findUser(externalId: string): Promise<PanelUser | undefined>
  /** May fail with `alreadyExists()`: then look at `sourceFields` for which field was taken. */
  createUser(user: NewPanelUser): Promise<PanelUser>
  /**
   * Changes what is named and writes back the rest as `user` has it, so read the user just before.
   * May fail with `alreadyExists()` for a new e-mail address. Never for an administrator's account.
   */
  updateUser(user: PanelUser, changes: { email?: string; password?: string }): Promise<PanelUser>

  /** `yields`: it is looked at again soon anyway, so that other calls go first when few are left. */
  findServer(externalId: string, options?: { yields?: boolean }): Promise<PanelServer | undefined>
  getServer(id: number): Promise<PanelServer | undefined>
  listServers(): Promise<PanelServer[]>
  /**
   * Places a server on the node that owns the allocation. Takes up to 60 s. After a failure whose
   * outcome is `unknown` the server may exist, or may yet appear: look it up by external id no
   * sooner than 45 s later, before creating it again.
   */
  createServer(server: NewServer): Promise<PanelServer>
  /**
   * Stops a server and keeps its user out. Does nothing when that is so; fails, and changes nothing,
   * when the node is away. Never for a server that is being installed.
   */
  suspendServer(id: number): Promise<void>
  /** Undoes `suspendServer`. */
  unsuspendServer(id: number): Promise<void>
  /** Fails, and leaves the server, when its node is away. */
  deleteServer(id: number): Promise<void>
}

export interface Region {
  name: string
  title: string | undefined
}

export interface PanelNode {
  id: number
  name: string
  fqdn: string
  locationShort: string
  public: boolean
  maintenance: boolean
  memoryMib: number
  /** Percent that may be sold on top of `memoryMib`. */
  memoryOverallocate: number
  /** Sum of the memory limits of the servers on the node. */
  memoryAllocatedMib: number
  diskMib: number
  diskOverallocate: number
  diskAllocatedMib: number
}

export interface Allocation {
  id: number
  ip: string
  alias: string | undefined
  port: number
  assigned: boolean
}

export interface Egg {
  id: number
  uuid: string
  nestName: string
  name: string
  startup: string
  /** Label shown to people → image that is sent. */
  dockerImages: Record<string, string>
  variables: EggVariable[]
}

export interface EggVariable {
  name: string
  description: string
  envVariable: string
  defaultValue: string
  /** Laravel rules, separated by `|`; a regex rule may hold `|` itself. */
  rules: string
  userViewable: boolean
  userEditable: boolean
}

export interface PanelUser {
  id: number
  externalId: string | undefined
  email: string
  username: string
  firstName: string
  lastName: string
  rootAdmin: boolean
}

export interface NewPanelUser {
  externalId: string
  email: string
  /** At least 3 of `a-z 0-9 _ . -`, alphanumeric at both ends. */
  username: string
  firstName: string
  lastName: string
}

/** The panel's word; `null` is a server that is ready to use. Other panels and releases add words. */
export type PanelServerStatus =
  | 'installing'
  | 'install_failed'
  | 'reinstall_failed'
  | 'suspended'
  | 'restoring_backup'
  | (string & Record<never, never>)
  | null

export interface ServerLimits {
  memoryMib: number
  diskMib: number
  cpuPercent: number
}

export interface FeatureLimits {
  databases: number
  backups: number
  /** Ports the customer may hold; 0 means that they cannot add any. */
  allocations: number
}

export interface PanelServer {
  id: number
  externalId: string | undefined
  uuid: string
  /** The short id in the panel's own addresses: `/server/<identifier>`. */
  identifier: string
  name: string
  status: PanelServerStatus
  suspended: boolean
  limits: ServerLimits
  featureLimits: FeatureLimits
  userId: number
  nodeId: number
  eggId: number
  allocationId: number | undefined
  /** Where players connect. */
  address: { host: string; port: number } | undefined
  environment: Record<string, string>
}

export interface NewServer {
  externalId: string
  name: string
  userId: number
  eggId: number
  allocationId: number
  dockerImage: string
  startup: string
  /** Every variable of the egg, hidden ones too: the panel fills in no defaults. */
  environment: Record<string, string>
  limits: ServerLimits
  featureLimits: FeatureLimits
}

/**
 * - configuration: key, permissions, address or version are wrong; no call will succeed until a person acts
 * - capacity: no node or port fits; may change with time
 * - invalid: the panel will never accept this request; `sourceFields` says why
 * - missing: what the request names is not at the panel
 * - conflict: the server's present state forbids it for now
 * - retry: a passing fault of the panel, of a node or of the network
 */
export type PanelErrorKind =
  | 'configuration'
  | 'capacity'
  | 'invalid'
  | 'missing'
  | 'conflict'
  | 'retry'

/**
 * Why a call was not made: all that the panel allows for now are used, or it asked for a pause; or no
 * call is worth making since it is away, or refuses our key.
 */
export type NotCalled = 'no_budget' | 'circuit_open'

export interface PanelFault {
  /** `errors[0].code` of the answer, or one of the names for answers that never came or made no sense. */
  code: string | 'network' | 'timeout' | 'redirect' | 'not_json' | 'unexpected_answer' | NotCalled
  status?: number
  kind: PanelErrorKind
  /** `refused`: certainly without effect. `unknown`: the effect may have happened or may yet. */
  outcome: 'refused' | 'unknown'
  /** Request fields that the panel names, in dot form: `environment.SERVER_JARFILE`. */
  sourceFields?: string[]
  /** Failed rules beside `sourceFields`, in the same order: `required`, `unique`, `exists`. */
  rules?: string[]
  retryAfterMs?: number
  /** The node's own id for the failed call, to be found in its log. */
  requestId?: string
}

/** A failure of the panel. Its message may be shown to operators: it holds no key and no whole body. */
export class PanelError extends Error {
  override readonly name = 'PanelError'
  readonly code: string
  readonly status: number | undefined
  readonly kind: PanelErrorKind
  readonly outcome: 'refused' | 'unknown'
  readonly sourceFields: string[]
  readonly rules: string[]
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined

  constructor(message: string, fault: PanelFault, options?: ErrorOptions) {
    super(message, options)
    this.code = fault.code
    this.status = fault.status
    this.kind = fault.kind
    this.outcome = fault.outcome
    this.sourceFields = fault.sourceFields ?? []
    this.rules = fault.rules ?? []
    this.retryAfterMs = fault.retryAfterMs
    this.requestId = fault.requestId
  }
}

/** Whether the call was not made at all: the panel did not hear of it. */
export function wasNotCalled(error: unknown): error is PanelError {
  const codes: string[] = ['no_budget', 'circuit_open'] satisfies NotCalled[]
  return error instanceof PanelError && codes.includes(error.code)
}

/** `host:port` as players type it; null while the panel names no allocation. */
export function addressOf(server: PanelServer): string | null {
  return server.address ? `${server.address.host}:${server.address.port}` : null
}

/**
 * Whether a create failed because the same thing is there already: the panel says so as a failed
 * `unique` rule or, to the loser of a race, as a 500 that names the field. Then look it up and adopt it.
 */
export function alreadyExists(error: unknown, field = 'external_id'): boolean {
  return failedRule(error, field, 'unique') || lostRace(error, field)
}

/** Whether a create failed because another server took the allocation first: choose another one. */
export function allocationTaken(error: unknown): boolean {
  return failedRule(error, 'allocation.default', 'exists') || lostRace(error, 'allocation_id')
}

function failedRule(error: unknown, field: string, rule: string): boolean {
  return error instanceof PanelError && error.code === 'ValidationException' &&
    error.sourceFields.some((name, index) => name === field && error.rules[index] === rule)
}

function lostRace(error: unknown, field: string): boolean {
  return error instanceof PanelError && error.code === 'DataValidationException' &&
    error.sourceFields.includes(field)
}
