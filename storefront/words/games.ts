/** The page of one game, where its plans are compared. */
export const gameWords = {
  back: 'All games',
  title: (game: string) => `${game} servers`,
  from: (price: string) => `From ${price} a month`,
  noPlans: 'No plan of this game is sold at the moment. Please come back later.',
  caption: (game: string) => `The ${game} plans compared`,
  plan: 'Plan',
  regions: 'Regions',
  price: 'Price',
  action: 'Order',
  soldOutIn: (region: string) => `${region}, sold out`,
  none: 'none',
}
