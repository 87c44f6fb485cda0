/** What a form says at its fields. */
export const fieldWords = {
  optional: 'optional',
  missing: 'Please fill this in.',
  choose: 'Please choose one.',
  email: 'This is not an e-mail address. It looks like name@example.com.',
  tooShort: (min: number) => `Please use at least ${min} characters.`,
  tooLong: (max: number) => `Please use at most ${max} characters.`,
  tooSmall: (min: string) => `The smallest value is ${min}.`,
  tooLarge: (max: string) => `The largest value is ${max}.`,
  notNumber: 'Please type a number.',
  pattern: 'This is not in the form it needs. Please look at the note below.',
  between: (min: string, max: string) => `From ${min} to ${max}.`,
  upTo: (max: number) => `Up to ${max} characters.`,
  length: (min: number, max: number) => `${min} to ${max} characters.`,
}
