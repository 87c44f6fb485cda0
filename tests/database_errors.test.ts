import { expect, test } from 'vitest'
import { judge, type Moment, nameOf, type Verdict } from '../api/db_errors.ts'

/** As mysql2 throws them: a server's error has a number, a socket's a code. */
function failure(of: number | string, message = 'no'): Error {
  return Object.assign(new Error(message), typeof of === 'number' ? { errno: of } : { code: of })
}

const again = { done: 'undone', rollback: true, connection: 'destroy', next: 'rerun' }
const refused = { done: 'undone', rollback: true, connection: 'destroy', next: 'back-off' }
const away = { done: 'nothing', rollback: false, connection: 'destroy', next: 'back-off' }
const moments: Moment[] = ['open', 'commit']

test.each([1213, 1020, 1205, 8022, 9007])('%i is undone by hand and run again whole', (errno) => {
  for (const moment of moments) expect(judge(failure(errno), moment)).toEqual(again)
})

test('1105 of Vitess is run again when it says Aborted, and fails otherwise', () => {
  const message = 'target: shop.0.primary: vttablet: rpc error: code = Aborted desc = deadlock'
  for (const moment of moments) expect(judge(failure(1105, message), moment)).toEqual(again)
  expect(judge(failure(1105, 'code = InvalidArgument desc = no'), 'open').next).toBe('fail')
})

test('1062 means that it is done already: read, and keep the connection', () => {
  for (const moment of moments) {
    expect(judge(failure(1062), moment))
      .toEqual({ done: 'already', rollback: true, connection: 'keep', next: 'read' })
  }
})

test.each([1290, 1836, 1792, 3024, 1969, 1047])('%i: a server that takes no writes', (errno) => {
  for (const moment of moments) expect(judge(failure(errno), moment)).toEqual(refused)
})

test.each(['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 2006, 2013, 1053, 1927])(
  '%s before COMMIT did nothing and runs again; at COMMIT nobody knows, and the caller decides',
  (of) => {
    const lost = { rollback: false, connection: 'destroy' }
    expect(judge(failure(of), 'open')).toEqual({ ...lost, done: 'undone', next: 'rerun' })
    expect(judge(failure(of), 'commit')).toEqual({ ...lost, done: 'unknown', next: 'back-off' })
  },
)

test('a line that died without a word is not tried five times over', () => {
  const silent = failure('PROTOCOL_SEQUENCE_TIMEOUT')
  expect(judge(silent, 'open')).toMatchObject({ done: 'undone', next: 'back-off' })
  expect(judge(silent, 'commit')).toMatchObject({ done: 'unknown', next: 'back-off' })
})

test('a line that the driver knew to be dead took nothing, whatever was to be sent', () => {
  const dead = new Error("Can't add new command when connection is in closed state")
  for (const moment of moments) {
    expect(judge(dead, moment)).toMatchObject({ done: 'undone', next: 'rerun' })
  }
})

test.each([1040, 1203, 'ECONNREFUSED', 'ETIMEDOUT', 'PROTOCOL_CONNECTION_LOST', 'ENOTFOUND', 1045])(
  '%s while connecting: nothing was sent, come back later',
  (of) => expect(judge(failure(of), 'connect')).toEqual(away),
)

test('too many connections are away at any moment', () => {
  for (const moment of moments) expect(judge(failure(1040), moment)).toEqual(away)
})

test.each([1064, 1146, 1406, 'PROTOCOL_PACKETS_OUT_OF_ORDER'])('%s is ours to mend', (of) => {
  const verdict: Partial<Verdict> = { connection: 'destroy', next: 'fail', rollback: true }
  expect(judge(failure(of), 'open')).toEqual({ ...verdict, done: 'undone' })
  expect(judge(failure(of), 'commit')).toEqual({ ...verdict, done: 'unknown' })
})

test('what was thrown that is no error is not taken for one of the database', () => {
  for (const odd of ['1213', undefined, { errno: 1213 }]) {
    expect(judge(odd, 'open')).toMatchObject({ next: 'fail', connection: 'destroy' })
  }
})

test('nameOf() is the number, else the code', () => {
  expect(nameOf(failure(1213))).toBe('1213')
  expect(nameOf(Object.assign(failure('ECONNREFUSED'), { errno: -111 }))).toBe('ECONNREFUSED')
  expect(nameOf(new Error('odd'))).toBe('other')
})
