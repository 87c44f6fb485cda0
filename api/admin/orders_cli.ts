import { audit } from '../accounts/audit.ts'
import { explain, print, readArguments, readEnvironment, UsageError } from '../cli.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { runSweeps, type SweepName, sweepNames } from '../jobs/sweep.ts'
import * as operator from '../orders/operator.ts'
import { Problem } from '../problem.ts'
import { attachServer, planAttach } from './attach.ts'
import { ACTING, actorOf, knownErrors, needOrderId, readDuration, withShop } from './command.ts'
import { readOrderFile } from './order_file.ts'
import { printOrderFile, printOrders } from './order_text.ts'
import { listOrders, listStuckOrders } from './orders_list.ts'
import { planReplay, replayEvent } from './replay.ts'

const USAGE =
  `deno task orders list [--stuck] [--json]   the newest orders, or those a person should look at
deno task orders show ORDER [--json]       everything about an order, with causes
deno task orders retry ORDER               try now what it waits for
deno task orders refund ORDER --reason TEXT   end it and return the money
deno task orders extend ORDER --by 24h     give the delivery more time (90m, 24h, 3d)
deno task orders attach ORDER SERVER       make a server of the panel its own (number or uuid)
deno task orders review ORDER --accept|--refund   decide over money that differs from its order
deno task orders replay EVENT              act again on an event of Stripe, or fetch it there
deno task orders sweep [NAME]              run the sweeps now, or one of them
  --yes       do it: without, it is only said what would be done
  --as NAME   who does it, for the audit log
Sweeps: ${sweepNames.join(', ')}
Exit code: 0 done or shown, 1 nothing was done (see what is said), 2 could not run`

/** What a command would do in words, and the doing of it. */
interface Act {
  plan: () => Promise<string[]>
  act: () => Promise<string[]>
}

type Say = typeof print

interface Typed {
  values: Values
  rest: string[]
}

type Values = ReturnType<typeof readCommand>['values']

/** `deno task orders …`; returns the exit code. */
export async function runOrders(
  args: string[],
  environment: Record<string, string>,
  say: Say = print,
): Promise<number> {
  try {
    const { values, positionals: [verb, ...rest] } = readCommand(args)
    if (values.help || verb === undefined) return say(USAGE, values.help ? 0 : 2)
    return await withShop(environment, async (db, deps) => {
      if (verb === 'list') return await list(db, say, { values, rest })
      if (verb === 'show') return await show(db, deps, say, { values, rest })
      return await perform(actOf(db, deps, { verb, rest, values }), { say, yes: values.yes })
    })
  } catch (error) {
    return say(explain(error, knownErrors), error instanceof Problem ? 1 : 2)
  }
}

function readCommand(args: string[]) {
  return readArguments(args, {
    ...ACTING,
    stuck: { type: 'boolean', default: false },
    reason: { type: 'string', default: '' },
    by: { type: 'string' },
    accept: { type: 'boolean', default: false },
    refund: { type: 'boolean', default: false },
  }, USAGE)
}

async function list(db: Db, say: Say, { values: { stuck, json }, rest }: Typed): Promise<number> {
  nothingMore(rest)
  const orders = await (stuck ? listStuckOrders(db) : listOrders(db))
  return say(json ? JSON.stringify(orders, null, 2) : printOrders(orders, { stuck }), 0)
}

async function show(
  db: Db,
  deps: Deps,
  say: Say,
  { values: { json }, rest: [id, ...rest] }: Typed,
): Promise<number> {
  nothingMore(rest)
  const orderId = needOrderId(id)
  const file = await readOrderFile(db, deps, orderId)
  if (!file) throw new Problem('not-found', { detail: `There is no order ${orderId}.` })
  return say(json ? JSON.stringify(file, null, 2) : printOrderFile(file), 0)
}

/** Says what would be done, and does it if that was asked for. */
async function perform(
  { plan, act }: Act,
  { say, yes }: { say: Say; yes: boolean },
): Promise<number> {
  if (yes) return say((await act()).join('\n'), 0)
  const lines = await plan()
  return say([...lines, 'Nothing was done: add --yes to do it.'].join('\n'), 1)
}

function actOf(
  db: Db,
  deps: Deps,
  { verb, rest: [first, ...rest], values }: { verb: string; rest: string[]; values: Values },
): Act {
  const actor = actorOf(values.as)
  if (verb === 'sweep') return sweepAct(db, deps, { name: first, rest, actor })
  if (verb === 'replay') return replayAct(db, deps, { eventId: first, rest, actor })
  const act = Object.hasOwn(ORDER_ACTS, verb) ? ORDER_ACTS[verb] : undefined
  if (!act) throw new UsageError(`Cannot run "${verb}"\n${USAGE}`)
  return act(db, deps, { about: { orderId: needOrderId(first), actor }, rest, values })
}

interface About {
  about: { orderId: string; actor: string }
  rest: string[]
  values: Values
}

const ORDER_ACTS: Record<string, (db: Db, deps: Deps, about: About) => Act> = {
  retry(db, deps, { about, rest }) {
    nothingMore(rest)
    return {
      plan: async () => (await operator.planRetry(db, about)).does,
      act: () => operator.retryOrder(db, deps, about),
    }
  },
  refund(db, deps, { about, rest, values: { reason } }) {
    nothingMore(rest)
    if (reason === '') throw new UsageError('Cannot refund without a reason: give --reason TEXT')
    return {
      plan: async () => (await operator.planRefund(db, about)).does,
      act: () => operator.refundOrder(db, deps, { ...about, reason }),
    }
  },
  extend(db, deps, { about, rest, values: { by } }) {
    nothingMore(rest)
    const wanted = { ...about, byMs: readDuration(by) }
    return {
      plan: async () => (await operator.planDeadline(db, wanted)).does,
      act: () => operator.extendDeadline(db, deps, wanted),
    }
  },
  review(db, deps, { about, rest, values: { accept, refund } }) {
    nothingMore(rest)
    if (accept === refund) throw new UsageError('Cannot decide: give either --accept or --refund')
    const wanted = { ...about, accept }
    return {
      plan: async () => (await operator.planReview(db, wanted)).does,
      act: () => operator.resolveReview(db, deps, wanted),
    }
  },
  attach(db, deps, { about, rest: [panelServer, ...rest] }) {
    nothingMore(rest)
    if (!panelServer) {
      throw new UsageError('Cannot attach without a server: give its number or uuid')
    }
    const wanted = { ...about, panelServer }
    return {
      plan: async () => (await planAttach(db, deps, wanted)).does,
      act: () => attachServer(db, deps, wanted),
    }
  },
}

function replayAct(
  db: Db,
  deps: Deps,
  { eventId = '', rest, actor }: { eventId: string | undefined; rest: string[]; actor: string },
): Act {
  nothingMore(rest)
  if (!/^evt_\w{1,120}$/.test(eventId)) {
    throw new UsageError(`Cannot find an event by "${eventId}": Stripe’s ids begin with evt_`)
  }
  return {
    plan: async () => (await planReplay(db, deps, eventId)).does,
    act: () => replayEvent(db, deps, { eventId, actor }),
  }
}

function sweepAct(
  db: Db,
  deps: Deps,
  { name, rest, actor }: { name: string | undefined; rest: string[]; actor: string },
): Act {
  nothingMore(rest)
  const names = name === undefined ? sweepNames : sweepNames.filter((known) => known === name)
  if (names.length === 0) {
    throw new UsageError(`Cannot sweep "${name}": there are ${sweepNames.join(', ')}`)
  }
  return {
    plan: () => Promise.resolve([`Runs ${names.join(', ')}.`]),
    act: () => sweepNow(db, deps, { names, actor }),
  }
}

async function sweepNow(
  db: Db,
  deps: Deps,
  { names, actor }: { names: readonly SweepName[]; actor: string },
): Promise<string[]> {
  const detail = { names: names.join() }
  await audit(db, deps, { actor, action: 'sweep.run', subject: 'shop', detail })
  const reports = await runSweeps(db, deps, names)
  const failed = reports.filter(({ error }) => error !== undefined)
  const lines = reports.map(({ name, found, error }) => {
    if (error !== undefined) return `${name}: ${error instanceof Error ? error.message : error}`
    const counts = Object.entries(found).filter(([, n]) => n > 0).map(([kind, n]) => `${n} ${kind}`)
    return `${name}: found ${counts.join(', ') || 'nothing'}`
  })
  if (failed.length === 0) return lines
  throw new Problem('not-possible', { detail: lines.join('\n') })
}

function nothingMore(rest: string[]): void {
  if (rest.length === 0) return
  throw new UsageError(`Cannot make sense of "${rest.join(' ')}"\n${USAGE}`)
}

if (import.meta.main) {
  Deno.exit(await runOrders(Deno.args, readEnvironment()))
}
