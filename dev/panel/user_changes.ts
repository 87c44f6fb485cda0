import { unexpected } from './failure.ts'
import { Input } from './input.ts'
import type { User } from './model.ts'
import { change, newUuid, type PanelApp, timestamp } from './panel.ts'
import { hashPassword } from './passwords.ts'
import { same } from './text.ts'
import { type RuleSet, unique, validate } from './validation.ts'

/** The loser of a race is caught by the database alone, which the panel did not expect: 500. */
export async function createUser(panel: PanelApp, body: unknown): Promise<User> {
  validate(body, userRules(panel), labels)
  await panel.timing.startingLine?.arrive()
  const input = new Input(body)
  const columns = writtenColumns(input)
  const externalId = input.text('external_id')
  const taken = panel.store.users.rows.some((row) =>
    same(row.email, columns.email) || same(row.username, columns.username) ||
    same(row.externalId, externalId)
  )
  if (taken) throw unexpected('QueryException')
  const at = timestamp(panel)
  const uuid = newUuid(panel)
  return panel.store.users.insert((id) => ({
    id,
    uuid,
    password: readPassword(input, uuid),
    externalId,
    ...columns,
    language: input.text('language') ?? 'en',
    rootAdmin: input.flag('root_admin', false),
    createdAt: at,
    updatedAt: at,
  }))
}

/** Every required field is written again; an omitted external id or language stays. */
export function updateUser(panel: PanelApp, user: User, body: unknown): void {
  validate(body, userRules(panel, user), labels)
  const input = new Input(body)
  change(panel, user, {
    ...writtenColumns(input),
    externalId: input.has('external_id') ? input.text('external_id') : user.externalId,
    language: input.text('language') ?? user.language,
    rootAdmin: input.flag('root_admin', user.rootAdmin),
    password: readPassword(input, user.uuid) ?? user.password,
  })
}

/** The user's keys die too, even the one that asked for it, and what others shared with the user. */
export function deleteUser({ store }: PanelApp, user: User): void {
  store.users.remove(user)
  store.subusers.rows = store.subusers.rows.filter((row) => row.userId !== user.id)
  for (const key of store.keys.rows.filter((key) => key.ownerId === user.id)) store.keys.remove(key)
}

function readPassword(input: Input, salt: string): string | null {
  const password = input.text('password')
  return password === null ? null : hashPassword(password, salt)
}

const labels = {
  external_id: 'Third Party Identifier',
  root_admin: 'Root Administrator Status',
}

function userRules({ store }: PanelApp, self?: User): RuleSet {
  const others = store.users.rows.filter((row) => row !== self)
  const notTaken = (column: 'email' | 'externalId' | 'username') =>
    unique((value) => others.some((row) => same(row[column], value)))
  return {
    email: ['required|email|between:1,191', notTaken('email')],
    external_id: ['nullable|string|max:191', notTaken('externalId')],
    username: [
      'required|between:1,191',
      notTaken('username'),
      { rule: 'p_username', passes: isUsername },
    ],
    password: ['nullable|string'],
    root_admin: ['boolean'],
    language: ['string|in:en'],
    first_name: ['required|string|between:1,191'],
    last_name: ['required|string|between:1,191'],
  }
}

function isUsername(value: unknown): boolean {
  return /^[a-z0-9]([\w.-]+)[a-z0-9]$/.test(String(value).toLowerCase())
}

function writtenColumns(input: Input) {
  return {
    email: input.text('email') ?? '',
    username: (input.text('username') ?? '').toLowerCase(),
    firstName: input.text('first_name') ?? '',
    lastName: input.text('last_name') ?? '',
  }
}
