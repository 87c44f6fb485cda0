/**
 * How far the work had come when the error was met. `open`: in a transaction before its COMMIT, or
 * reading. `commit`: COMMIT itself, or a statement on its own, which is its own commit.
 */
export type Moment = 'connect' | 'open' | 'commit'

export interface Verdict {
  /** What the whole transaction, or the statement on its own, is known to have done. */
  done: 'nothing' | 'undone' | 'unknown' | 'already'
  /** False when the connection can carry no ROLLBACK, for it is gone or was never there. */
  rollback: boolean
  /** What happens to the connection after that. */
  connection: 'keep' | 'destroy'
  /** Run the whole transaction again, tell the caller to come back later, read what is there, or fail. */
  next: 'rerun' | 'back-off' | 'read' | 'fail'
}

/** Silent: we waited long enough for an answer. Unsent: the driver knew that the line was dead. */
type Kind = 'conflict' | 'duplicate' | 'refused' | 'lost' | 'silent' | 'unsent' | 'away' | 'other'

/** The error policy: what an error of the database means, and what follows from it. */
export function judge(error: unknown, moment: Moment): Verdict {
  const committing = moment === 'commit'
  switch (kindOf(error, moment)) {
    case 'conflict':
      // Explicit ROLLBACK: after 1205 MySQL has undone the statement only, after 1213 it is in
      // autocommit; and the locks are free at once instead of when the server sees us gone.
      return { done: 'undone', rollback: true, connection: 'destroy', next: 'rerun' }
    case 'duplicate':
      // The one error after which the connection stays: it undoes its statement and nothing else,
      // in every engine, and is daily business where one webhook in three comes twice.
      return { done: 'already', rollback: true, connection: 'keep', next: 'read' }
    case 'refused':
      return { done: 'undone', rollback: true, connection: 'destroy', next: 'back-off' }
    case 'lost':
      return {
        done: committing ? 'unknown' : 'undone',
        rollback: false,
        connection: 'destroy',
        next: committing ? 'back-off' : 'rerun',
      }
    case 'silent': {
      const done = committing ? 'unknown' : 'undone'
      return { done, rollback: false, connection: 'destroy', next: 'back-off' }
    }
    case 'unsent':
      return { done: 'undone', rollback: false, connection: 'destroy', next: 'rerun' }
    case 'away':
      return { done: 'nothing', rollback: false, connection: 'destroy', next: 'back-off' }
    case 'other': {
      const done = committing ? 'unknown' : 'undone'
      return { done, rollback: true, connection: 'destroy', next: 'fail' }
    }
  }
}

/** The server's number of an error, as in `1213`; undefined for what no server said. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined
  // Sockets have numbers as well, below zero.
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined
}

/** What an error is called in the metrics: its number, else its code. */
export function nameOf(error: unknown): string {
  return String(errnoOf(error) ?? (codeOf(error) || 'other'))
}

function kindOf(error: unknown, moment: Moment): Kind {
  // Whatever kept us from signing in, nothing was sent.
  if (moment === 'connect') return 'away'
  const errno = errnoOf(error) ?? 0
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  if (errno === 1062) return 'duplicate'
  if (CONFLICTS.has(errno) || (errno === VITESS && /\bAborted\b/.test(message))) return 'conflict'
  if (REFUSALS.has(errno)) return 'refused'
  if (AWAY.has(errno) || code === 'ECONNREFUSED') return 'away'
  if (LOST.has(errno) || LOST_CODES.has(code)) return 'lost'
  // A connection that ended while it lay idle: mysql2 says so without a code.
  if (message.includes('connection is in closed state')) return 'unsent'
  if (code === 'PROTOCOL_SEQUENCE_TIMEOUT') return 'silent'
  return 'other'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Vitess has one number for everything; its message says what it was. */
const VITESS = 1105

/** Deadlock, or a lost certification in Galera; snapshot conflict; lock wait; TiDB's conflicts. */
const CONFLICTS = new Set([1213, 1020, 1205, 8022, 9007])

/**
 * A server that takes no writes: an old primary, a node out of its Galera cluster (1047); or that
 * takes no more time for this (3024, in MariaDB 1969).
 */
const REFUSALS = new Set([1290, 1836, 1792, 3024, 1969, 1047])

/** Too many connections, in all or of ours. */
const AWAY = new Set([1040, 1203])

/** Gone away; ended by the server as it stops (1053), as somebody killed us (1927), as we idled. */
const LOST = new Set([2006, 2013, 1053, 1927, 4031])
const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  // The keep-alive gave up; while connecting it is another matter, see above.
  'ETIMEDOUT',
])
