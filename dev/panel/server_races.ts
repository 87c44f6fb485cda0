import { PanelFailure } from './failure.ts'
import type { PanelApp } from './panel.ts'
import { same } from './text.ts'

/**
 * What the loser of a race is told: its request was valid, but another row came first. The panel looks
 * once more as it writes, and did not expect to find anything: 500.
 */
export function refuseLostRace(
  { store }: PanelApp,
  { externalId, allocationId, ordered }: {
    externalId: string | null
    allocationId: number
    /** The field of a race that was ordered as a fault. */
    ordered: 'external_id' | 'allocation_id' | undefined
  },
): void {
  const rows = store.servers.rows
  const taken = [
    rows.some((row) => same(row.externalId, externalId)) && 'external_id',
    rows.some((row) => row.allocationId === allocationId) && 'allocation_id',
  ].find((field) => field !== false)
  const field = ordered ?? taken
  if (field === undefined) return
  const failed = { [field]: [`The ${field.replaceAll('_', ' ')} has already been taken.`] }
  throw new PanelFailure(
    500,
    'DataValidationException',
    `Could not save Pterodactyl\\Models\\Server[]: failed to validate data: ${
      JSON.stringify(failed)
    }`,
  )
}
