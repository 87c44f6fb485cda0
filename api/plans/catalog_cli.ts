import { explain, print, readArguments, readEnvironment, UsageError } from '../cli.ts'
import { type Config, ConfigError, isLive, parseConfig, parseDatabaseConfig } from '../config.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { createIdFactory } from '../ids.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { openPool } from '../mysql.ts'
import { createGate } from '../panel/gate.ts'
import { type Panel, PanelError } from '../panel/panel.ts'
import { createPterodactyl } from '../panel/pterodactyl.ts'
import { PaymentsError } from '../payments/payments.ts'
import { createStripe } from '../payments/stripe.ts'
import { applyCatalogue, type CatalogueTarget, fetchFacts } from './apply.ts'
import { type Catalogue, CatalogueError, catalogueJsonSchema, parseCatalogue } from './catalogue.ts'
import { checkCatalogue, type Difference, printDifferences, wouldChange } from './check.ts'
import { shopId } from './shop_id.ts'

const USAGE =
  `deno task catalog check    show how catalog.json differs from database, Stripe and panel
deno task catalog apply    make them say what catalog.json says
deno task catalog schema   write catalog.schema.json, by which editors check the file
  --file <path>  another catalogue than catalog.json
  --yes          do not ask before changing a live Stripe account
Exit code: 0 all agree or were made to, 1 something differs or is not sold, 2 could not run`

/** `deno task catalog …`; returns the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const { verb, file, yes } = readCommand(args)
    if (verb === 'help') return print(USAGE, 0)
    if (verb === 'schema') return await writeSchema()
    const catalogue = parseCatalogue(await readFile(file))
    return await withTarget(async (target, live) =>
      verb === 'check' ? await check(catalogue, target) : await apply(catalogue, target, {
        mayChange: () => !live || yes || confirm('This is a live Stripe account. Change it?'),
      })
    )
  } catch (error) {
    return print(
      explain(error, [ConfigError, CatalogueError, PanelError, PaymentsError, TypeError]),
      2,
    )
  }
}

function readCommand(args: string[]) {
  const { values, positionals } = readArguments(args, {
    file: { type: 'string', default: 'catalog.json' },
    yes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  }, USAGE)
  const verb = ['check', 'apply', 'schema'].find((known) => known === positionals[0])
  if (values.help || args.length === 0) return { verb: 'help', file: '', yes: false }
  if (!verb || positionals.length > 1) {
    throw new UsageError(
      `Cannot run "${positionals.join(' ')}": say check, apply or schema\n${USAGE}`,
    )
  }
  return { verb, file: values.file, yes: values.yes }
}

async function check(catalogue: Catalogue, target: CatalogueTarget): Promise<number> {
  const differences = checkCatalogue(catalogue, await fetchFacts(catalogue, target))
  return print(printDifferences(differences), hasProblems(differences) ? 1 : 0)
}

async function apply(
  catalogue: Catalogue,
  target: CatalogueTarget,
  { mayChange }: { mayChange: () => boolean },
): Promise<number> {
  const facts = await fetchFacts(catalogue, target)
  const differences = checkCatalogue(catalogue, facts)
  print(printDifferences(differences), 0)
  if (wouldChange(differences) && !mayChange()) return print('Nothing was changed.', 1)
  const { refused } = await applyCatalogue(catalogue, target, facts)
  const sold = catalogue.plans.length - refused.length
  return print(
    `Applied: ${sold} of ${catalogue.plans.length} plans are sold.`,
    refused.length ? 1 : 0,
  )
}

function hasProblems(differences: Difference[]): boolean {
  return wouldChange(differences) || differences.some(({ kind }) => kind === 'refuse')
}

async function writeSchema(): Promise<number> {
  await Deno.writeTextFile(
    'catalog.schema.json',
    `${JSON.stringify(catalogueJsonSchema(), null, 2)}\n`,
  )
  return print('catalog.schema.json is written.', 0)
}

async function readFile(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file)
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error
    throw new CatalogueError(
      `Cannot read the catalogue as there is no file ${file}: name one with --file`,
    )
  }
}

async function withTarget(
  work: (target: CatalogueTarget, live: boolean) => Promise<number>,
): Promise<number> {
  const environment = readEnvironment()
  const config = parseConfig(environment)
  const now = () => new Date()
  const pool = openPool(parseDatabaseConfig(environment), { connectionLimit: 2 })
  try {
    const db = pool.openDb()
    const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
    const target: CatalogueTarget = {
      db,
      panel: openPanel(config, pool.openDb, { now, randomBytes }),
      payments: createStripe({
        secretKey: config.STRIPE_SECRET_KEY,
        webhookSecrets: config.STRIPE_WEBHOOK_SECRETS,
        apiUrl: config.STRIPE_API_URL,
        now,
      }),
      shopId: await shopId(db, randomBytes),
    }
    return await work(target, isLive(config))
  } finally {
    await pool.end()
  }
}

/** Under the same budget of calls as the shop that runs beside it. */
function openPanel(
  config: Config,
  openDb: () => Db,
  { now, randomBytes }: Pick<Deps, 'now' | 'randomBytes'>,
): Panel {
  const access = { url: config.PANEL_URL, apiKey: config.PANEL_API_KEY }
  // What goes wrong is told by the command itself.
  const log = createLog(() => {}, now)
  const deps = { newId: createIdFactory(now, randomBytes), metrics: createMetrics(), log }
  return createPterodactyl({ ...access, gate: createGate({ ...access, openDb, deps }) })
}

if (import.meta.main) Deno.exit(await main(Deno.args))
