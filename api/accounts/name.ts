import * as z from 'zod'

/** What somebody wants to be called: 1 to 60 characters of one line, in NFC. */
export function customerName() {
  return z.string('Enter a name, or nothing')
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z.string()
        .min(1, 'Enter a name, or nothing')
        .max(60, 'Use at most 60 characters')
        .refine((text) => !UNPRINTABLE.test(text), 'Use only characters that can be printed'),
    )
}

/**
 * Control characters, line breaks, halves of characters, and what turns the reading direction
 * around: none of them belongs to a name, and the first two could end a header of a mail.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u
