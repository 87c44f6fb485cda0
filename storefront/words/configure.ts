/** The page where a plan is filled in and ordered. */
export const configureWords = {
  back: (game: string) => `${game} plans`,
  switchHeading: 'Plan',
  regionHeading: 'Where it runs',
  regionHelp: 'The closer to the players, the lower their ping.',
  regionFull: 'sold out',
  regionJustFilled: (name: string) => `The last room in ${name} went a moment ago.`,
  regionOthers: (names: string) => `There is still room in ${names}.`,
  regionNone: 'No other region has room for this plan now. You have not paid anything.',
  termHeading: 'How you pay',
  nameHeading: 'Your server',
  nameLabel: 'Server name',
  nameHelp:
    'How it appears in your list and on the panel. Up to 40 letters, digits, spaces, dots, underscores and hyphens.',
  optionsHeading: 'Settings',
  optionsHelp: 'These are set when the server is installed. Keep them if you are not sure.',
  summaryHeading: 'Your order',
  promise: 'A running server, or all of your money back.',
  total: 'To pay today',
  pay: 'Pay with Stripe',
  continue: 'Continue',
  continueHelp: 'Next you log in or sign up. What you filled in here is kept.',
  payHelp: 'You pay on Stripe’s page. Your place is held for half an hour.',
  paying: 'Holding your place…',
  canceledHeading: 'You have not paid yet',
  canceledBody: (until: string | null) =>
    until
      ? `Your order is open and your place is held until ${until}.`
      : 'Your order is still open and your place is held.',
  canceledDropped: 'The order is canceled. Nothing was paid.',
}
