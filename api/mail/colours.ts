/** The shop's colours by day, as its pages have them. */
export const DAY = {
  sky: '#dcebf2',
  card: '#ffffff',
  sunken: '#eef5f8',
  ink: '#0f2431',
  soft: '#465c6a',
  line: '#c4d6df',
  link: '#0a5a78',
  beacon: '#ffb81c',
  'on-beacon': '#14212b',
  note: '#fff0cf',
  'note-ink': '#5c3a00',
  grass: '#6fbf6a',
  'earth-left': '#9a6b45',
  'earth-right': '#7c5333',
} as const

export type Colour = keyof typeof DAY

/** The same by night; what is not named stays. */
const NIGHT: Partial<Record<Colour, string>> = {
  sky: '#0b141d',
  card: '#15232f',
  sunken: '#0f1b25',
  ink: '#e6f0f4',
  soft: '#a3b7c3',
  line: '#2b3f4d',
  link: '#8ad1ec',
  beacon: '#ffc23d',
  note: '#3b2e10',
  'note-ink': '#ffd27a',
  grass: '#4f9a5d',
  'earth-left': '#6f4f38',
  'earth-right': '#563b28',
}

/** Attributes of a table cell with a ground, which programs without styles see as well. */
export function ground(colour: Colour, classes = ''): string {
  return `class="bg-${colour}${classes}" bgcolor="${DAY[colour]}"`
}

/** The rules that turn day into night; a mail names its colours by `bg-…` and `fg-…`. */
export function nightRules(): string {
  const rules = Object.entries(NIGHT).map(([name, value]) =>
    `.bg-${name}{background:${value}!important}.fg-${name}{color:${value}!important}`
  )
  return [...rules, `.rule{border-color:${NIGHT.line}!important}`].join('\n')
}
