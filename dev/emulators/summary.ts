import type { Log } from '../log.ts'
import type { Emulator } from '../stack/emulators.ts'
import { bold, cyan, dim } from '../terminal.ts'

/** The keys that every start has, so that a program can be set up once. None opens anything real. */
export const KEYS = {
  stripe: 'sk_test_51EmulatorOnlyAbCdEfGhIjKlMnOp',
  webhookSecret: 'whsec_EmulatorOnlyAbCdEfGhIjKlMnOpQrSt',
  panel: 'ptla_EmulatorOnlyAbCdEfGhIjKlMnOpQrStUvWxYz01234',
  panelAccount: 'ptlc_EmulatorOnlyAbCdEfGhIjKlMnOpQrStUvWxYz01234',
  mailbox: 're_EmulatorOnly_AbCdEfGhIjKlMnOp',
}

export interface Summary {
  stripe: Emulator
  panel: Emulator
  mailbox: Emulator
  control: Emulator
  /** Where the events go, if anywhere. */
  webhook: string | undefined
  dir: string | undefined
}

/** What runs where, and what to paste to reach it. */
export function printSummary(summary: Summary, log: Log): void {
  const { stripe, panel, mailbox, control, webhook, dir } = summary
  log(`\n${bold('The emulators are running')}\n`)
  log(`  Stripe    ${cyan(stripe.url)}`)
  log(`  Panel     ${cyan(panel.url)}`)
  log(`  Mailbox   ${cyan(mailbox.url)}`)
  log(`  Control   ${cyan(control.url)}  traffic, and faults to order`)
  log(`  State     ${dir ?? 'in memory, and gone at the end'}`)
  log(`\n${bold('For an environment')}`)
  for (const line of environment(summary)) log(`  ${line}`)
  log(`\n${bold("For Stripe's SDK")}`)
  const { hostname: host, port } = new URL(stripe.innerUrl)
  log(`  new Stripe('${KEYS.stripe}', { host: '${host}', port: ${port}, protocol: 'http' })`)
  const signed = webhook
    ? `Events go to ${webhook}`
    : 'Events go nowhere: name a place with --webhook'
  log(dim(`\n${signed}. Ctrl-C stops everything.\n`))
}

function environment({ stripe, panel, mailbox, webhook }: Summary): string[] {
  return [
    `STRIPE_SECRET_KEY=${KEYS.stripe}`,
    `STRIPE_API_URL=${stripe.innerUrl}`,
    ...(webhook ? [`STRIPE_WEBHOOK_SECRETS=${KEYS.webhookSecret}`] : []),
    `PANEL_URL=${panel.innerUrl}`,
    `PANEL_API_KEY=${KEYS.panel}`,
    `PANEL_ACCOUNT_KEY=${KEYS.panelAccount}`,
    `MAIL_API_URL=${mailbox.innerUrl}`,
    `MAIL_API_KEY=${KEYS.mailbox}`,
  ]
}
