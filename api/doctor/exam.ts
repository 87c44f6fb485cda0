import * as z from 'zod'
import { kidOf } from '../accounts/tokens.ts'
import type { Config, ConfigProblem } from '../config.ts'
import type { Db, SqlValue } from '../db.ts'
import type { Gate } from '../panel/gate.ts'
import type { Panel } from '../panel/panel.ts'
import { createPterodactyl } from '../panel/pterodactyl.ts'
import { STRIPE_API_VERSION } from '../payments/stripe.ts'
import { type Answer, ask, NoAnswer } from './ask.ts'
import { Undecided } from './check.ts'

/** Who is examined: a shop, as far as its environment can be read. */
export interface Patient {
  /** The variables that are sound; on a broken environment some are absent. */
  settings: Partial<Config>
  problems: readonly ConfigProblem[]
  /** Absent when nothing says where it is. */
  db?: Db | undefined
  /** Where the database is, for what only matters on a network. */
  databaseHost?: string | undefined
  fetch: typeof globalThis.fetch
  now: () => Date
  /** The texts of a name's TXT records; absent where the platform cannot ask. */
  resolveTxt?: ((name: string) => Promise<string[]>) | undefined
  /** The migrations of this version with their SHA-256; absent where there are no files. */
  migrations?: (() => Promise<{ name: string; checksum: string }[]>) | undefined
  /** Name and version of the libraries in use; absent where nothing says so. */
  libraries?: (() => Promise<Record<string, string>>) | undefined
}

/** A patient with everything asked of it so far; each question goes out once. */
export interface Exam extends Patient {
  /** Throws Undecided for a variable that is missing or wrong. */
  setting<N extends keyof Config>(name: N): NonNullable<Config[N]>
  /** Rows of the database; throws Undecided when it is away. */
  rows<T>(sql: string, params?: readonly SqlValue[]): Promise<T[]>
  /** The database when it answers; throws Undecided when not. */
  database(): Promise<Db>
  askStripe(path: string): Promise<Answer>
  /** What Stripe answers; throws Undecided when it does not take our key. */
  stripe<T>(path: string, schema: z.ZodType<T>): Promise<T>
  /** At most `pages` pages of 100 of a list, newest first. */
  stripeList<T extends { id: string }>(
    path: string,
    schema: z.ZodType<T>,
    pages?: number,
  ): Promise<T[]>
  askPanel(path: string, init?: RequestInit): Promise<Answer>
  /** The panel when it takes our key; throws Undecided when not. */
  working(): Promise<Panel>
  /** What customers get at PUBLIC_URL. */
  askShop(path: string, init?: RequestInit): Promise<Answer>
  /** What our own answers are marked with. */
  mark(): Promise<string>
  /** Does something once, however many checks need it. */
  once<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function openExam(patient: Patient): Exam {
  const done = new Map<string, Promise<unknown>>()
  const exam: Exam = {
    ...patient,
    // Safe because a key is only ever used by the one caller that names its type.
    once: <T>(key: string, work: () => Promise<T>) => {
      const known = done.get(key) ?? work()
      done.set(key, known)
      return known as Promise<T>
    },
    setting(name) {
      const value = patient.settings[name]
      if (value === undefined || value === null) throw new Undecided(`${name} is not usable`)
      return value
    },
    database: () => exam.once('database', () => reachable(patient.db)),
    rows: async <T>(sql: string, params?: readonly SqlValue[]) =>
      await (await exam.database()).query<T>(sql, params),
    askStripe: (path) => exam.once(`stripe ${path}`, () => askStripe(exam, path)),
    stripe: async (path, schema) => await readStripe(exam, path, schema),
    stripeList: async (path, schema, pages = 1) => await listStripe(exam, path, { schema, pages }),
    askPanel: (path, init) =>
      exam.once(`panel ${path} ${init?.method}`, () => askPanel(exam, path, init)),
    working: () => exam.once('working panel', () => workingPanel(exam)),
    askShop: (path, init) =>
      init ? askShop(exam, path, init) : exam.once(`shop ${path}`, () => askShop(exam, path)),
    mark: async () => await kidOf(exam.setting('JWT_PRIVATE_KEY')),
  }
  return exam
}

async function reachable(db: Db | undefined): Promise<Db> {
  if (!db) throw new Undecided('there is no database to ask: see config.complete')
  try {
    await db.query('SELECT 1')
    return db
  } catch {
    throw new Undecided('the database does not answer: see database.reachable')
  }
}

async function askStripe(exam: Exam, path: string): Promise<Answer> {
  return await ask(exam.fetch, exam.setting('STRIPE_API_URL') + path, {
    headers: {
      authorization: `Bearer ${exam.setting('STRIPE_SECRET_KEY')}`,
      'stripe-version': STRIPE_API_VERSION,
    },
  })
}

async function readStripe<T>(exam: Exam, path: string, schema: z.ZodType<T>): Promise<T> {
  const account = await answered(exam.askStripe('/v1/account'))
  // A restricted key may be refused the account alone.
  if (account?.status !== 200 && account?.status !== 403) {
    throw new Undecided('Stripe does not answer us: see stripe.key')
  }
  const answer = await answered(exam.askStripe(path))
  const parsed = schema.safeParse(answer?.json)
  if (answer?.status === 200 && parsed.success) return parsed.data
  const why = answer ? `answered ${answer.status}` : 'did not answer'
  throw new Undecided(`Stripe ${why} to GET ${path.split('?')[0]}: see stripe.permissions`)
}

async function listStripe<T extends { id: string }>(
  exam: Exam,
  path: string,
  { schema, pages }: { schema: z.ZodType<T>; pages: number },
): Promise<T[]> {
  const Page = z.object({ data: z.array(schema), has_more: z.boolean() })
  const all: T[] = []
  const join = path.includes('?') ? '&' : '?'
  for (let page = 0; page < pages; page++) {
    const last = all.at(-1)
    const after = last ? `&starting_after=${last.id}` : ''
    const { data, has_more: more } = await exam.stripe(`${path}${join}limit=100${after}`, Page)
    all.push(...data)
    if (!more) break
  }
  return all
}

async function askPanel(exam: Exam, path: string, init: RequestInit = {}): Promise<Answer> {
  return await ask(exam.fetch, `${exam.setting('PANEL_URL')}/api/application${path}`, {
    ...init,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${exam.setting('PANEL_API_KEY')}`,
      ...init.headers,
    },
  })
}

async function workingPanel(exam: Exam): Promise<Panel> {
  const answer = await answered(exam.askPanel('/nodes?per_page=1'))
  if (answer?.status === 200 && answer.json) {
    const [url, apiKey] = [exam.setting('PANEL_URL'), exam.setting('PANEL_API_KEY')]
    return createPterodactyl({ url, apiKey, gate: OPEN, fetch: exam.fetch })
  }
  throw new Undecided('the panel does not answer us: see panel.reachable')
}

/** A circuit that is open is looked at, not obeyed; and who examines leaves no trace in the budget. */
const OPEN: Gate = { enter: () => Promise.resolve({ leave: () => Promise.resolve() }) }

async function askShop(exam: Exam, path: string, init?: RequestInit): Promise<Answer> {
  return await ask(exam.fetch, exam.setting('PUBLIC_URL') + path, init)
}

async function answered(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}
