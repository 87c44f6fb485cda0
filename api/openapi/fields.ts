import * as z from 'zod'

/** An id of ours: prefix and 26 characters that sort by age. */
export function id(prefix: string, description: string) {
  return z.string().regex(new RegExp(`^${prefix}[0-9a-z]{26}$`)).meta({ description })
}

/** A moment as text: `2026-11-24T18:03:11.204Z`. */
export function instant(description: string) {
  return z.iso.datetime().meta({ description })
}

/** Money: a whole number of the currency's minor unit. */
export function minorUnits(description: string) {
  return z.int().min(0).meta({ description })
}
