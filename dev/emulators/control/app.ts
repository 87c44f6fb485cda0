import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import * as z from 'zod'
import type { Faults, OrderedRule } from '../../faults/faults.ts'
import { RuleError, type RuleOrder, WINGS_ACTIONS } from '../../faults/rule.ts'
import { Fault, faultFacts, type Service } from '../../faults/vocabulary.ts'
import type { Entry, Traffic } from '../traffic.ts'
import { controlPage } from './page.ts'

export interface Control {
  faults: Faults
  traffic: Traffic
  /** The emulators that there are, and their own pages. */
  services: { service: Service; url: string }[]
}

/**
 * The control page and its API: what is ordered, what goes on. It has a port of its own, so that no
 * path of it can be one of an emulated API.
 */
export function controlApp(control: Control) {
  const { faults, traffic } = control
  return new Hono()
    .get('/', (c) => controlPage(c, control.services))
    .get('/vocabulary', (c) => c.json({ faults: vocabulary(), wings: WINGS_ACTIONS }))
    .get('/rules', (c) => c.json({ rules: faults.list().map(shown) }))
    .post('/rules', requireJson, async (c) => {
      // `order` checks it: what comes from outside may be anything.
      const order: RuleOrder = await c.req.json().catch(() => undefined)
      return c.json(shown(faults.order(order)), 201)
    })
    .delete('/rules', (c) => {
      faults.clear()
      return c.body(null, 204)
    })
    .delete('/rules/:id', (c) => {
      const rule = faults.list().find(({ id }) => id === Number(c.req.param('id')))
      if (!rule) return notFound(c, 'rule')
      rule.cancel()
      return c.body(null, 204)
    })
    .get('/traffic', (c) => c.json({ entries: traffic.entries().map(brief) }))
    .get('/traffic/:id', (c) => {
      const entry = traffic.find(Number(c.req.param('id')))
      return entry ? c.json(entry) : notFound(c, 'entry')
    })
    .post('/traffic/:id/replay', requireJson, async (c) => {
      const isDone = await traffic.replay(Number(c.req.param('id')))
      return isDone ? c.body(null, 204) : notFound(c, 'entry')
    })
    .get('/live', (c) => live(c, control))
    .onError((error, c) => {
      if (error instanceof RuleError) return c.json({ error: error.message }, 422)
      throw error
    })
}

/** Everything that can be ordered, with the JSON Schema of each fault's settings. */
function vocabulary() {
  return Fault.options.map((option) => {
    const name = option.shape.name.value
    const { properties = {}, required = [] } = z.toJSONSchema(option, { io: 'input' })
    const { name: _, ...settings } = properties
    return {
      name,
      ...faultFacts[name],
      settings,
      required: required.filter((key) => key !== 'name'),
    }
  })
}

function shown({ id, on, when, fault, asked, fired, state }: OrderedRule) {
  return { id, on, when, fault, asked, fired, state }
}

/** An entry without the messages, which are asked for when somebody looks at them. */
function brief({ request: _, answer: __, ...entry }: Entry) {
  return entry
}

/** A page of another origin can send a form, but not JSON unless we allow it. */
async function requireJson(c: Context, next: () => Promise<void>): Promise<void | Response> {
  if (c.req.header('Content-Type')?.startsWith('application/json')) return await next()
  return c.json({ error: 'Cannot take this request: it must have the type application/json' }, 415)
}

function notFound(c: Context, what: string) {
  return c.json({ error: `Cannot find this ${what}: it may be gone by now` }, 404)
}

/** How often the rules are told at most: a busy shop asks them often. */
const TELL_RULES_MS = 200
/** So that neither side takes a quiet line for a dead one. */
const STILL_THERE_MS = 15_000

/** What there is and then what happens, as server-sent events `entry` and `rules`. */
function live(c: Context, { faults, traffic }: Control): Response {
  return streamSSE(c, async (stream) => {
    const send = (event: string, data: unknown) =>
      void stream.writeSSE({ event, data: JSON.stringify(data) })
    const sendRules = () => send('rules', faults.list().map(shown))
    let due: ReturnType<typeof setTimeout> | undefined
    const stops = [
      traffic.onEntry((entry) => send('entry', brief(entry))),
      faults.onChange(() => {
        due ??= setTimeout(() => {
          due = undefined
          sendRules()
        }, TELL_RULES_MS)
      }),
    ]
    sendRules()
    for (const entry of traffic.entries()) send('entry', brief(entry))
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    stream.onAbort(leave)
    const beat = setInterval(() => send('beat', null), STILL_THERE_MS)
    await left
    clearInterval(beat)
    clearTimeout(due)
    for (const stop of stops) stop()
  })
}
