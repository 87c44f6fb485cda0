import { auditChecks } from './audit.ts'
import type { Check } from './check.ts'
import { configChecks } from './config.ts'
import { databaseChecks } from './database.ts'
import { eventChecks } from './events.ts'
import { invariantChecks } from './invariants.ts'
import { jobChecks } from './jobs.ts'
import { keyChecks } from './keys.ts'
import { mailChecks } from './mail.ts'
import { orderChecks } from './orders.ts'
import { panelChecks } from './panel.ts'
import { planChecks } from './plans.ts'
import { restoreChecks } from './restore.ts'
import { securityChecks } from './security.ts'
import { siteChecks } from './site.ts'
import { stripeChecks } from './stripe.ts'
import { webhookChecks } from './webhook.ts'

/** Everything the doctor looks at, in the order of the report. */
export const checks: readonly Check[] = [
  ...configChecks,
  ...databaseChecks,
  ...siteChecks,
  ...stripeChecks,
  ...webhookChecks,
  ...eventChecks,
  ...panelChecks,
  ...planChecks,
  ...orderChecks,
  ...invariantChecks,
  ...jobChecks,
  ...mailChecks,
  ...keyChecks,
  ...securityChecks,
  ...auditChecks,
  ...restoreChecks,
]
