import type { TimelineEntryBody } from '../../api/orders/bodies.ts'

export const homeWords = {
  title: 'Game servers with nothing left open',
  headingLines: ['Pay.', 'Watch it spawn.', 'Play.'],
  lead:
    'Game servers, set up while you watch. You see every step until the address is there. If we cannot deliver, your money goes back by itself.',
  choose: 'See plans and prices',
  how: 'What if it goes wrong?',
  plansHeading: 'Pick a game, then a plan',
  gameLabel: 'Game',
  from: (price: string) => `from ${price} a month`,
  compare: (game: string) => `Compare all ${game} plans`,
  noPlans: 'No plans are sold at the moment. Please come back later.',
  promiseHeading: 'A server, or your money back. Nothing in between.',
  promise:
    'Every order keeps a diary: what happened, when, and what comes next. You read the same diary we do. It has two possible last lines.',
  endingLabel: 'How the example ends',
  exampleLabel: 'Example of an order',
  stepsHeading: 'How it goes',
  steps: [
    {
      title: 'We hold your place',
      body: 'Memory, disk and a port are set aside before you pay. What is sold out says so.',
    },
    {
      title: 'You pay at Stripe',
      body: 'The price you saw is the price of the order. There is no set-up fee.',
    },
    {
      title: 'You watch it being set up',
      body: 'Each step is on your order with its time. The last one is the address to join.',
    },
  ],
  questionsHeading: 'Good to know',
  questions: [
    {
      question: 'What if no server comes?',
      answer:
        'Your order shows a time. If no server is running by then, the whole amount goes back the way it came. You do not have to ask for it.',
    },
    {
      question: 'What if something breaks on your side?',
      answer:
        'We try again, and your order says so: what failed, what we do next, and when. You can close the page; it goes on without you.',
    },
    {
      question: 'How do I pay?',
      answer:
        'On Stripe’s own page, by card or whatever else Stripe offers you. Your card number never reaches us.',
    },
    {
      question: 'Can I cancel?',
      answer:
        'At any time. A plan renews at the end of its term until you cancel. Then it ends with the term you have paid for.',
    },
    {
      question: 'Where do the servers stand?',
      answer:
        'You choose the region when you order. Each plan lists the regions it is sold in, and a region without room says so before you pay.',
    },
    {
      question: 'Do I get full control?',
      answer:
        'You get a login to the game panel, with console, files, backups, start and stop. Settings you choose here can be changed there later.',
    },
  ],
}

export type Ending = 'server' | 'refund'

/** One line of the example: its time, its words, and how it went. */
export interface ExampleStep {
  at: string
  text: string
  level: TimelineEntryBody['level']
}

const begun: ExampleStep[] = [
  { at: '18:04:02', text: 'We set the capacity for your server aside.', level: 'info' },
  { at: '18:04:51', text: 'Your payment of €8.49 arrived.', level: 'good' },
]

/** The same order with each of its two endings. */
export const example: Record<Ending, { choice: string; steps: ExampleStep[]; last: string }> = {
  server: {
    choice: 'It works',
    steps: [
      ...begun,
      {
        at: '18:04:53',
        text: 'Your server has its place. The game is being installed.',
        level: 'info',
      },
      { at: '18:05:36', text: 'Your server is running.', level: 'good' },
    ],
    last: 'play.example.com:25565',
  },
  refund: {
    choice: 'It does not',
    steps: [
      ...begun,
      { at: '18:04:54', text: 'The game panel does not answer. We keep trying.', level: 'problem' },
      {
        at: 'a day later',
        text: 'No server in time. Your money is on its way back.',
        level: 'good',
      },
    ],
    last: '€8.49 returned',
  },
}
