export const homeWords = {
  title: 'Game servers with nothing left open',
  headingLines: ['Pay.', 'Watch it spawn.', 'Play.'],
  lead:
    'Pick a plan and pay. You see every step your server takes until its address is there, and if we cannot deliver it, your money goes back by itself.',
  choose: 'See the plans',
  stepsHeading: 'How it goes',
  steps: [
    {
      title: 'We hold your place first',
      body: 'Memory, disk and a port are set aside before you pay. What is sold out says so.',
    },
    {
      title: 'You pay at Stripe',
      body: 'The price you saw is the price of the order. Nothing is added here.',
    },
    {
      title: 'You watch it being set up',
      body: 'Each step is on your order with its time, and what comes next.',
    },
  ],
  plansHeading: 'Plans',
  termLabel: 'Prices for paying',
  currencyLabel: 'Currency',
  noPlans: 'No plans are sold at the moment. Please come back later.',
}
