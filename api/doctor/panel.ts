import * as z from 'zod'
import { inspectGate } from '../panel/gate_store.ts'
import { type Answer, describeAnswer, isRedirect } from './ask.ts'
import { type Check, fail, ok, type Seen, skip, some, Undecided, warn } from './check.ts'
import type { Exam } from './exam.ts'
import { clockBeside } from './stripe.ts'

/** The game panel: there, and with a key that may do what a shop does. */
export const panelChecks: Check[] = [
  {
    id: 'panel.reachable',
    what: 'The panel',
    wanted: 'an answer of its application API to our key',
    mend: 'Correct PANEL_URL, or start the panel.',
    network: true,
    look: lookAtPanel,
  },
  {
    id: 'panel.permissions',
    what: 'What our key at the panel may do',
    wanted: 'read and write users and servers; read nodes, allocations, locations, nests and eggs',
    mend: 'Make an application key with these permissions in the panel’s admin area, and put it ' +
      'into PANEL_API_KEY.',
    network: true,
    look: lookAtPermissions,
  },
  {
    id: 'panel.rate-limit',
    what: 'How often we may still ask the panel',
    wanted: 'more than a tenth of the calls of a minute left',
    mend:
      'Give the shop an administrator of its own at the panel: the limit counts a user’s calls.',
    network: true,
    look: lookAtRateLimit,
  },
  {
    id: 'panel.clock',
    what: 'Our clock beside the panel’s',
    wanted: 'within 30 s',
    mend: 'Let NTP set the clocks of this machine and of the panel’s.',
    network: true,
    look: async (exam) => {
      const { status, seen, mend } = clockBeside(exam.now(), (await works(exam)).headers)
      return { status: status === 'fail' ? 'warn' : status, seen, mend }
    },
  },
  {
    id: 'panel.circuit',
    what: 'Whether the shop calls the panel at all',
    wanted: 'a closed circuit',
    mend: 'Mend what the reason says; the shop looks again by itself every few minutes.',
    look: lookAtCircuit,
  },
  {
    id: 'panel.version',
    what: 'The panel’s version',
    wanted: '1.12 or later: older ones have known holes',
    mend: 'Look at the first page of the panel’s admin area, and update it.',
    network: true,
    look: () => skip('its API does not tell: read it in the panel’s admin area'),
  },
]

async function lookAtPanel({ askPanel }: Exam): Promise<Seen> {
  const answer = await askPanel('/nodes?per_page=1')
  if (answer.status === 200 && Nodes.safeParse(answer.json).success) return ok('it takes the key')
  if (isRedirect(answer)) {
    return fail(describeAnswer(answer), 'Set PANEL_URL to the panel’s https address itself.')
  }
  const { code = '', detail = '' } = Failure.safeParse(answer.json).data?.errors[0] ?? {}
  if (code === 'TwoFactorAuthRequiredException') {
    return fail(
      'it wants two-factor authentication of the owner of our key',
      'Log in to the panel as that administrator and set two-factor authentication up.',
    )
  }
  if (answer.status === 401 || answer.status === 403) {
    return fail(`${answer.status}: ${detail}`, KEY)
  }
  if (!code) return fail(`no panel answers there: ${describeAnswer(answer)}`)
  return fail(`${answer.status} ${code}: ${detail}`, 'Mend the panel: its own log says more.')
}

const KEY = 'Put an application key (ptla_…) of a root administrator into PANEL_API_KEY.'

const Nodes = z.object({ data: z.array(z.object({ attributes: z.object({ id: z.int() }) })) })

const Failure = z.object({ errors: z.array(z.object({ code: z.string(), detail: z.string() })) })

/** The panel's answer to a first question; throws Undecided when that went wrong. */
async function works(exam: Exam): Promise<Answer> {
  await exam.working()
  return await exam.askPanel('/nodes?per_page=1')
}

async function lookAtPermissions(exam: Exam): Promise<Seen> {
  const nodes = await exam.askPanel('/nodes?per_page=1')
  if (nodes.status === 401) throw new Undecided('the panel refuses the key: see panel.reachable')
  const nodeId = firstId(nodes)
  const nestId = firstId(await exam.askPanel('/nests?per_page=1'))
  const read = (path: string) => exam.askPanel(path)
  // Nothing is made of nothing: whoever may write is told which fields are missing.
  const write = (path: string) =>
    exam.askPanel(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
  const probes: Record<string, Promise<Answer> | undefined> = {
    'read nodes': Promise.resolve(nodes),
    'read allocations': nodeId ? read(`/nodes/${nodeId}/allocations?per_page=1`) : undefined,
    'read locations': read('/locations?per_page=1'),
    'read nests': read('/nests?per_page=1'),
    'read eggs': nestId ? read(`/nests/${nestId}/eggs`) : undefined,
    'read users': read('/users?per_page=1'),
    'write users': write('/users'),
    'read servers': read('/servers?per_page=1'),
    'write servers': write('/servers'),
  }
  const refused = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) =>
      (await probe)?.status === 403 ? [name] : []
    ),
  )
  const missing = refused.flat()
  return missing.length ? fail(`it may not ${some(missing, 9)}`) : ok('all of it')
}

async function lookAtCircuit(exam: Exam): Promise<Seen> {
  const gate = await inspectGate(await exam.database())
  if (!gate?.since) return ok(gate ? 'closed' : 'closed: no call was made yet')
  const seen = `${gate.circuit} since ${gate.since.toISOString()}: ${gate.reason ?? 'no reason'}`
  return gate.kind === 'configuration' ? fail(seen) : warn(seen)
}

function firstId({ json }: Answer): number | undefined {
  return Nodes.safeParse(json).data?.data[0]?.attributes.id
}

async function lookAtRateLimit(exam: Exam): Promise<Seen> {
  const { headers } = await works(exam)
  const limit = Number(headers.get('x-ratelimit-limit') ?? Number.NaN)
  const left = Number(headers.get('x-ratelimit-remaining') ?? Number.NaN)
  if (Number.isNaN(limit) || Number.isNaN(left)) return skip('the answer says no limit')
  const seen = `${left} of ${limit} left in this minute`
  return left < limit / 10 ? warn(seen) : ok(seen)
}
