import { createRandom } from '../random.ts'
import { fitsCall, fitsEvent } from './pattern.ts'
import { parseRule, type Rule, type RuleOrder } from './rule.ts'
import { type FaultAt, faultFacts, type Point, type Service, SERVICES } from './vocabulary.ts'

/** The faults that were ordered at one emulator or at several. */
export interface Faults {
  /** Orders a fault. Throws a `RuleError` that says what is wrong with the order. */
  order(rule: RuleOrder): OrderedRule
  /** Oldest first; those that are used up too, until they are cancelled. */
  list(): OrderedRule[]
  /** Cancels all. */
  clear(): void
  /**
   * What is to go wrong on an occasion, if anything. The rules are asked in the order they were
   * made, until one fires: a later one does not hear of the occasion.
   */
  strike<P extends Point>(at: P, occasion: Occasion): Strike<P> | undefined
  /** Told of each change of a rule and of its counts; returns how to stop that. */
  onChange(listener: () => void): () => void
  /** Told of each rule that fires, while it does. */
  onStrike(listener: (rule: OrderedRule, occasion: Occasion) => void): void
}

/** What happens at an emulator, as far as rules look at it. */
export interface Occasion {
  service: Service
  /** A call, at the points `call` and `key`. */
  call?: { method: string; path: string }
  /** The type of an event, at the point `webhook`. */
  event?: string
  /** What is asked of the node, at the points `wings` and `install`. */
  wings?: string
}

/** A rule that is in force, or was. */
export interface OrderedRule extends Rule {
  readonly id: number
  /** On how many occasions it was looked at. */
  readonly asked: number
  readonly fired: number
  readonly state: 'in force' | 'used up' | 'cancelled'
  /** Aborted when the rule is cancelled; what it keeps back is let go then. */
  readonly cancelled: AbortSignal
  cancel(): void
}

export interface Strike<P extends Point> {
  fault: FaultAt<P>
  rule: OrderedRule
  /** Of a rate limit: when its window ends, in milliseconds since 1970. */
  endsAt?: number
}

/** `now` is the clock of the windows of rate limits. */
export function createFaults({ services = SERVICES, now }: {
  services?: readonly Service[]
  now: () => Date
}): Faults {
  const rules: RunningRule[] = []
  const listeners = new Set<() => void>()
  const witnesses: ((rule: OrderedRule, occasion: Occasion) => void)[] = []
  const changed = () => listeners.forEach((listener) => listener())
  let made = 0

  const remove = (rule: RunningRule) => {
    const at = rules.indexOf(rule)
    if (at >= 0) rules.splice(at, 1)
    changed()
  }
  return {
    order(order) {
      const rule = new RunningRule(++made, parseRule(order, services), remove)
      rules.push(rule)
      changed()
      return rule
    },
    list: () => [...rules],
    clear: () => [...rules].forEach((rule) => rule.cancel()),
    strike(at, occasion) {
      const time = now().getTime()
      const asked = rules.filter((rule) => fits(rule, at, occasion))
      const fired = asked.find((rule) => rule.ask(time))
      if (fired) witnesses.forEach((witness) => witness(fired, occasion))
      if (asked.length > 0) changed()
      return fired && {
        fault: faultAt(at, fired),
        rule: fired,
        ...(fired.windowEndsAt > time && { endsAt: fired.windowEndsAt }),
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onStrike: (listener) => void witnesses.push(listener),
  }
}

class RunningRule implements OrderedRule {
  readonly id: number
  readonly on: Rule['on']
  readonly when: Rule['when']
  readonly fault: Rule['fault']
  asked = 0
  fired = 0
  /** In milliseconds since 1970; until then a rate limit fires whatever `when` says. */
  windowEndsAt = 0
  readonly #cancelling = new AbortController()
  readonly #chance: () => number
  readonly #remove: (rule: RunningRule) => void

  constructor(id: number, { on, when, fault }: Rule, remove: (rule: RunningRule) => void) {
    this.id = id
    this.on = on
    this.when = when
    this.fault = fault
    this.#chance = createRandom(when.seed ?? DEFAULT_SEED)
    this.#remove = remove
  }

  get cancelled(): AbortSignal {
    return this.#cancelling.signal
  }

  get state(): OrderedRule['state'] {
    if (this.cancelled.aborted) return 'cancelled'
    return this.asked >= lastOccasion(this.when) ? 'used up' : 'in force'
  }

  cancel(): void {
    if (this.cancelled.aborted) return
    this.#cancelling.abort()
    this.#remove(this)
  }

  /** Whether it fires now; counts. */
  ask(time: number): boolean {
    const inWindow = time < this.windowEndsAt
    if (!inWindow && this.state !== 'in force') return false
    this.asked++
    if (!inWindow && !this.#isDue()) return false
    this.fired++
    if (!inWindow && this.fault.name === 'rate-limit') {
      this.windowEndsAt = time + this.fault.seconds * 1000
    }
    return true
  }

  #isDue(): boolean {
    const { nth, probability } = this.when
    if (nth !== undefined) return [nth].flat().includes(this.asked)
    return probability === undefined || this.#chance() < probability
  }
}

/** A seed that nobody chose is the same every time, so that a failing run can be repeated. */
const DEFAULT_SEED = 1

function lastOccasion({ nth, first }: Rule['when']): number {
  return nth === undefined ? first ?? Infinity : Math.max(...[nth].flat())
}

function fits({ on, fault }: Rule, at: Point, { service, call, event, wings }: Occasion): boolean {
  return faultFacts[fault.name].at === at && on.service === service &&
    (on.call === undefined || (call !== undefined && fitsCall(on.call, call))) &&
    (on.event === undefined || (event !== undefined && fitsEvent(on.event, event))) &&
    (on.wings === undefined || on.wings === wings)
}

// Safe because `fits` let through only rules whose fault strikes at this point.
function faultAt<P extends Point>(_at: P, { fault }: Rule): FaultAt<P> {
  return fault as FaultAt<P>
}
