import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFaults } from '../dev/faults/faults.ts'
import { fitsCall, fitsEvent } from '../dev/faults/pattern.ts'
import { RuleError, type RuleOrder } from '../dev/faults/rule.ts'
import { faultFacts, type FaultName, type Service } from '../dev/faults/vocabulary.ts'

const now = () => new Date('2026-11-25T12:00:00Z')

test.each([
  ['POST /v1/customers', 'POST', '/v1/customers', true],
  ['POST /v1/customers', 'GET', '/v1/customers', false],
  ['POST /v1/customers', 'POST', '/v1/customers/cus_1', false],
  ['/v1/customers/:id', 'DELETE', '/v1/customers/cus_1', true],
  ['* /v1/customers/:id', 'GET', '/v1/customers/cus_1', true],
  ['/v1/customers/:id', 'GET', '/v1/customers/cus_1/discount', false],
  ['GET /api/application/*', 'GET', '/api/application/nodes/1/allocations', true],
  ['/v1/a.c', 'GET', '/v1/abc', false],
])('fitsCall() holds %s against %s %s: %s', (pattern, method, path, fits) => {
  expect(fitsCall(pattern, { method, path })).toBe(fits)
})

test.each([
  ['invoice.paid', 'invoice.paid', true],
  ['invoice.*', 'invoice.payment_failed', true],
  ['invoice.*', 'invoice_payment.paid', false],
  ['*', 'charge.refunded', true],
])('fitsEvent() holds %s against %s: %s', (pattern, type, fits) => {
  expect(fitsEvent(pattern, type)).toBe(fits)
})

test.each<[unknown, string]>([
  [{ on: { service: 'panel' }, fault: 'explode' }, 'fault: there is none of this name; there are '],
  [{ on: { service: 'paypal' }, fault: 'refuse' }, 'on.service: '],
  [{ on: { service: 'stripe' }, fault: 'wings-down' }, 'wings-down strikes at panel only, not at'],
  [{ on: { service: 'panel' }, fault: 'duplicate' }, 'duplicate strikes at stripe only'],
  [{ on: { service: 'stripe', call: '/v1/*' }, fault: 'delay' }, 'fault.ms: '],
  [
    { on: { service: 'stripe', call: '/v1/*' }, fault: { name: 'delay', ms: 5 } },
    'delay takes no on.call',
  ],
  [{ on: { service: 'panel', wings: 'create' }, fault: 'refuse' }, 'refuse takes no on.wings'],
  [{ on: { service: 'panel', wings: 'dance' }, fault: 'wings-down' }, 'on.wings: '],
  [
    { on: { service: 'stripe', call: 'customers' }, fault: 'refuse' },
    "on.call: must be like 'POST",
  ],
  [
    { on: { service: 'panel', wings: 'delete' }, fault: 'install-fails' },
    'install-fails takes create or reinstall as on.wings',
  ],
  [
    { on: { service: 'panel', call: 'GET /v1/customers' }, fault: 'refuse' },
    'on.call: the calls of panel begin with /api/',
  ],
  [
    { on: { service: 'mailbox', call: '/' }, fault: 'refuse' },
    'on.call: the calls of mailbox begin with /emails',
  ],
  [{ on: { service: 'panel' }, fault: { name: 'status' } }, 'fault.status: '],
  [{ on: { service: 'panel' }, fault: { name: 'status', status: 200 } }, 'fault.status: '],
  [{ on: { service: 'panel' }, fault: { name: 'refuse', ms: 1 } }, 'fault: knows no ms'],
  [{ on: { service: 'panel' }, when: { nth: 0 }, fault: 'refuse' }, 'when.nth: '],
  [
    { on: { service: 'panel' }, when: { nth: 1, first: 2 }, fault: 'refuse' },
    'when: takes one of nth, first and probability',
  ],
  [
    { on: { service: 'panel' }, when: { seed: 2 }, fault: 'refuse' },
    'when: takes a seed beside a probability only',
  ],
  [{ fault: 'refuse' }, 'on: '],
  ['refuse', 'Invalid input'],
])('order() refuses %j: %s', (order, reason) => {
  const faults = createFaults({ now })
  // Not of the type, as what comes over HTTP is not.
  const refused = () => faults.order(order as RuleOrder)
  expect(refused).toThrow(RuleError)
  expect(refused).toThrow(`Cannot order this fault: ${reason}`)
  expect(faults.list()).toEqual([])
})

test('order() refuses a service that the emulator is not', () => {
  const faults = createFaults({ services: ['mailbox'], now })
  expect(() => faults.order({ on: { service: 'panel' }, fault: 'refuse' }))
    .toThrow('on.service: this emulator is mailbox only')
})

test('every fault can be ordered by its name with the least settings', () => {
  const faults = createFaults({ now })
  const settings: Record<string, object> = {
    status: { status: 503 },
    'huge-body': { bytes: 1000 },
    'slow-body': { ms: 100 },
    'lost-race': { field: 'external_id' },
    delay: { ms: 100 },
  }
  for (const [name, { services: [service] }] of Object.entries(faultFacts)) {
    const fault = { name, ...settings[name] }
    faults.order({ on: { service }, fault } as RuleOrder)
  }
  expect(faults.list()).toHaveLength(Object.keys(faultFacts).length)
})

const CALL = { service: 'panel', call: { method: 'GET', path: '/api/application/nodes' } } as const

function strikes(when: RuleOrder['when'], occasions: number): boolean[] {
  const faults = createFaults({ now })
  faults.order({ on: { service: 'panel' }, ...(when && { when }), fault: 'refuse' })
  return Array.from({ length: occasions }, () => faults.strike('call', CALL) !== undefined)
}

test.each<[RuleOrder['when'], boolean[]]>([
  [undefined, [true, true, true, true]],
  [{ nth: 2 }, [false, true, false, false]],
  [{ nth: [1, 3] }, [true, false, true, false]],
  [{ first: 2 }, [true, true, false, false]],
  [{ probability: 1 }, [true, true, true, true]],
])('a rule %j fires %j', (when, fired) => {
  expect(strikes(when, 4)).toEqual(fired)
})

test('chance is decided by the seed, and comes out as often as was asked', () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.double({ min: 0.05, max: 1, noNaN: true }),
    (seed, probability) => {
      const fired = strikes({ probability, seed }, 1000)
      expect(strikes({ probability, seed }, 1000)).toEqual(fired)
      expect(Math.abs(fired.filter(Boolean).length / 1000 - probability)).toBeLessThan(0.08)
    },
  ))
  expect(strikes({ probability: 0.5, seed: 1 }, 50))
    .not.toEqual(strikes({ probability: 0.5, seed: 2 }, 50))
})

test('a rule tells how often it was asked and fired, and when it is used up', () => {
  const faults = createFaults({ now })
  const rule = faults.order({ on: { service: 'panel' }, when: { nth: 2 }, fault: 'refuse' })
  expect(rule).toMatchObject({ asked: 0, fired: 0, state: 'in force' })
  faults.strike('call', { ...CALL, service: 'stripe' })
  faults.strike('wings', { service: 'panel', wings: 'create' })
  expect(rule).toMatchObject({ asked: 0 })
  for (let time = 0; time < 3; time++) faults.strike('call', CALL)
  expect(rule).toMatchObject({ asked: 2, fired: 1, state: 'used up' })
  rule.cancel()
  expect(rule).toMatchObject({ state: 'cancelled' })
  expect(faults.list()).toEqual([])
})

test('rules are asked in their order until one fires, and cancelled ones are not', () => {
  const faults = createFaults({ now })
  const on = { service: 'panel' } as const
  const first = faults.order({ on, when: { first: 1 }, fault: 'refuse' })
  const second = faults.order({ on, when: { first: 1 }, fault: 'html' })
  const third = faults.order({ on, fault: 'time-out' })
  const names = () => faults.strike('call', CALL)?.fault.name
  expect([names(), names(), names()]).toEqual(['refuse', 'html', 'time-out'])
  expect([first.asked, second.asked, third.asked]).toEqual([1, 1, 1])
  third.cancel()
  expect(names()).toBeUndefined()
  expect(third.cancelled.aborted).toBe(true)
})

test('onChange() is told of orders, counts and cancels', () => {
  const faults = createFaults({ now })
  let told = 0
  faults.onChange(() => told++)
  faults.order({ on: { service: 'panel' }, fault: 'refuse' })
  faults.strike('call', CALL)
  faults.strike('call', { ...CALL, service: 'mailbox' })
  faults.clear()
  expect(told).toBe(3)
})

test('the README of the emulators lists every fault, where it strikes and what it does', async () => {
  const readme = await Deno.readTextFile('dev/emulators/README.md')
  const listed = [...readme.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\| (.*?) +\|$/gm)]
    .map(([, name, example, says]) => ({ name, example, says }))
  const known = Object.entries(faultFacts).map(([name, { says }]) => ({
    name,
    example: expect.stringContaining(name),
    says,
  }))
  expect(listed).toEqual(known)
})

test('the README of the emulators gives examples that can be ordered', async () => {
  const readme = await Deno.readTextFile('dev/emulators/README.md')
  const examples = [...readme.matchAll(/\{ name: '[^}]*\}/g)].map(([example]) => example)
  expect(examples.length).toBeGreaterThan(10)
  for (const example of examples) {
    const json = example.replaceAll("'", '"').replaceAll(/(\w+):/g, '"$1":').replaceAll(
      '_000',
      '000',
    )
    const fault = JSON.parse(json)
    const services: readonly Service[] = faultFacts[fault.name as FaultName].services
    const order = { on: { service: services[0] ?? 'stripe' }, fault }
    expect(() => createFaults({ now }).order(order), example).not.toThrow()
  }
})
