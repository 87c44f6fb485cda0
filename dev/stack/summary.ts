import type { Log } from '../log.ts'
import { bold, cyan, dim } from '../terminal.ts'
import { CUSTOMER, OPERATOR } from './logins.ts'

export interface Summary {
  shopUrl: string
  /** Undefined with a real account. */
  stripeUrl?: string
  /** With a real Stripe account: whether its events can reach us. */
  webhooksAreSetUp: boolean
  panelUrl: string
  panelIsReal: boolean
  mailboxUrl: string
  controlUrl: string
  databaseUrl: string
  password: string
  metricsToken: string
  dir: string
}

/** The one table at the end of the start: what runs where, the logins, what to try. */
export function printSummary(summary: Summary, log: Log): void {
  const { shopUrl, stripeUrl, panelUrl, panelIsReal, dir } = summary
  const rows = [
    ['Shop', cyan(shopUrl)],
    ['API', `${shopUrl}/api  ${dim(`log: ${dir}/api.log`)}`],
    ['Stripe', stripeUrl ? `${cyan(stripeUrl)}  emulated` : 'your account, in test mode'],
    ['Panel', panelIsReal ? panelUrl : `${cyan(panelUrl)}  emulated`],
    ['Mailbox', cyan(summary.mailboxUrl)],
    ['Control', `${cyan(summary.controlUrl)}  their traffic, and faults to order`],
    ['Database', summary.databaseUrl],
    ['Customer', `${CUSTOMER}  ${summary.password}`],
    ['Operator', `${OPERATOR}  ${summary.password}`],
  ]
  log(`\n${bold('Spawnpoint is running')}\n`)
  for (const [name = '', value = ''] of rows) log(`  ${name.padEnd(10)}${value}`)
  log(`\n${bold('To try')}`)
  for (const line of thingsToTry(summary)) log(`  ${line}`)
  log(
    dim('\nA saved file is rebuilt. Ctrl-C stops everything; deno task dev --reset starts over.\n'),
  )
}

function thingsToTry(
  { shopUrl, stripeUrl, webhooksAreSetUp, panelIsReal, metricsToken }: Summary,
): string[] {
  const lines = ['Buy a server: log in as the customer, choose a plan, pay, see it arrive.']
  if (stripeUrl) lines.push("The payment page is the emulator's: pay there, or be declined.")
  else if (!webhooksAreSetUp) {
    lines.push(
      `Let Stripe reach you: stripe listen --forward-to ${shopUrl}/api/stripe/webhook`,
      'prints a whsec_…; start again with STRIPE_WEBHOOK_SECRETS set to it.',
    )
  }
  if (!panelIsReal) lines.push('Find the new server in the panel, and its mail in the mailbox.')
  lines.push(
    'Look at it as its operator: deno task doctor, deno task orders list',
    `Its metrics: curl -H 'authorization: Bearer ${metricsToken}' ${shopUrl}/metrics`,
    'Break it: order a fault in the control page, buy, and read on the order what happens.',
    'In the database: SELECT id, status, ptero_server_id FROM orders',
  )
  return lines
}
