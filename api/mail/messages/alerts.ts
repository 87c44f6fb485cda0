import { wordsOf } from '../../alerts/kinds.ts'
import { headlineOf, linesOf, type Notification } from '../../alerts/notification.ts'
import { facts, note, paragraph } from '../blocks.ts'
import type { Messages } from '../messages.ts'

/** To the operators, who are told the same by webhook. */
export interface AlertMailFacts {
  alert: Notification
}

export const alertMessages: Messages<AlertMailFacts> = {
  alert: (notification, shop) => {
    const { means, mend } = wordsOf(notification.kind)
    const headline = headlineOf(notification)
    return {
      subject: `${shop.name}: ${headline}`,
      preview: means,
      heading: headline.charAt(0).toUpperCase() + headline.slice(1),
      blocks: [paragraph(means), facts(linesOf(notification)), note(mend)],
      why: `You get this mail because ALERT_EMAIL of ${shop.name} (${shop.url}) names you.`,
    }
  },
}
