import { expect, test } from 'vitest'
import { catalogueJsonSchema, parseCatalogue, pricesOf } from '../api/plans/catalogue.ts'

const shipped = await Deno.readTextFile('catalog.json')

test('catalog.schema.json is current: write it with deno task catalog schema', async () => {
  expect(JSON.parse(await Deno.readTextFile('catalog.schema.json'))).toEqual(catalogueJsonSchema())
  expect(parseCatalogue(shipped).$schema).toBe('./catalog.schema.json')
})

test.each<[string, string, RegExp]>([
  ['no JSON', '{', /is not JSON/],
  ['nothing in it', '{}', /regions: is missing: add a list/],
  ['a zero limit', edited((c) => c.plans[0].limits.cpuPercent = 0), /cpuPercent: use 1 or more/],
  ['an unknown key', edited((c) => c.plans[0].prize = {}), /plans.0: remove prize/],
  [
    'a doubled plan',
    edited((c) => c.plans[1].id = c.plans[0].id),
    /plans: minecraft-paper-2gb appears/,
  ],
  [
    'an unknown game',
    edited((c) => c.plans[0].game = 'chess'),
    /plans.0.game: there is no game chess/,
  ],
  ['an unknown egg', edited((c) => c.plans[0].egg = 'omelette'), /there is no egg omelette/],
  ['an unknown region', edited((c) => c.plans[0].regions = ['mars']), /there is no region mars/],
  ['an amount with a point', edited((c) => c.plans[0].prices.monthly.eur = 4.99), /minor units/],
  ['a number for a value', edited((c) => c.plans[0].environment = { DL_PATH: 1.2 }), /in quotes/],
  ['a bad pattern', edited((c) => c.eggs.paper.options[0].pattern = '['), /regular expression/],
  [
    'a variable both fixed and offered',
    edited((c) => c.plans[0].environment = { MINECRAFT_VERSION: '1.21' }),
    /MINECRAFT_VERSION is an option already/,
  ],
])('parseCatalogue() says what to do about %s', (_name, text, message) => {
  expect(() => parseCatalogue(text)).toThrow(message)
})

// deno-lint-ignore no-explicit-any -- the point is to write what the type forbids
function edited(edit: (catalogue: any) => void): string {
  const catalogue = JSON.parse(shipped)
  edit(catalogue)
  return JSON.stringify(catalogue)
}

test('pricesOf() gives longer terms a lower price a month', () => {
  for (const plan of parseCatalogue(shipped).plans) {
    const amount = (term: string, currency: string) =>
      pricesOf(plan).find((price) => price.term === term && price.currency === currency)
        ?.unitAmount ?? NaN
    for (const currency of ['eur', 'usd']) {
      const monthly = amount('monthly', currency)
      expect(amount('quarterly', currency) / 3).toBeLessThan(monthly)
      expect(amount('yearly', currency) / 12).toBeLessThan(amount('quarterly', currency) / 3)
    }
  }
})
