import * as z from 'zod'
import { SHOP_MARK } from '../app.ts'
import { isLoopback } from '../mail/smtp_url.ts'
import { listPlans } from '../plans/store.ts'
import { type Answer, describeAnswer, isRedirect } from './ask.ts'
import { type Check, fail, ok, type Seen, skip, some, Undecided, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** What customers get at PUBLIC_URL: our page, which talks to this API, safely. */
export const siteChecks: Check[] = [
  {
    id: 'site.page',
    what: 'The page at PUBLIC_URL',
    wanted: 'the storefront of this shop',
    mend: 'Deploy the storefront (`deno task build`, then dist/storefront) to PUBLIC_URL.',
    network: true,
    look: lookAtPage,
  },
  {
    id: 'site.script',
    what: 'Whom the page talks to',
    wanted: 'the API beside it, and nobody else',
    mend: 'Deploy the storefront of this version: the page that is there uses another backend.',
    network: true,
    look: lookAtScripts,
  },
  {
    id: 'site.api',
    what: 'The API at PUBLIC_URL',
    wanted: 'this shop, with the plans of this database',
    mend:
      'Let /api at PUBLIC_URL lead to this shop, and start it with the same environment as here.',
    network: true,
    look: lookAtApi,
  },
  {
    id: 'security.headers',
    what: 'The protection of the page',
    wanted: 'https with HSTS, a content security policy, nosniff',
    mend: 'Serve the files of dist/storefront with their _headers, or let the API serve them.',
    network: true,
    look: lookAtHeaders,
  },
  {
    id: 'security.installer',
    what: 'Installers and metrics open to all',
    wanted: 'none: 404, or the page',
    mend: 'Remove what answers there from PUBLIC_URL.',
    network: true,
    look: lookAtInstallers,
  },
]

async function lookAtPage(exam: Exam): Promise<Seen> {
  const answer = await exam.askShop('/')
  if (isRedirect(answer)) {
    return fail(describeAnswer(answer), 'Set PUBLIC_URL to the address that customers end at.')
  }
  if (answer.status !== 200 || !/<html/i.test(answer.text)) return fail(describeAnswer(answer))
  return isOurPage(answer) ? ok('there') : fail('a page, but not this storefront')
}

function isOurPage({ text }: Answer): boolean {
  return text.includes('<div id="app"') && /src="\/assets\/main-[^"]+\.js"/.test(text)
}

/** One call that every storefront of ours makes, as it stands in its script. */
const OUR_CALL = '/api/checkout/sessions'

/** An address in a script that is asked for something: a path of an API, or a name of one. */
const BACKEND =
  /https?:\/\/[a-z0-9.-]+(?::\d+)?\/(?:api|rest|functions|graphql|trpc|v\d)\b|https?:\/\/(?:api|backend)\.[a-z0-9.-]+|https?:\/\/[a-z0-9-]+\.(?:supabase\.co|firebaseio\.com|workers\.dev|vercel\.app)/gi

async function lookAtScripts(exam: Exam): Promise<Seen> {
  const page = await exam.askShop('/')
  if (page.status !== 200) throw new Undecided('there is no page: see site.page')
  const paths = [...page.text.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path = '']) =>
    path
  )
  const inline = [...page.text.matchAll(/<script[^>]*>([^<]+)/g)].map(([, text = '']) => text)
  const files = await Promise.all(paths.map((path) => exam.askShop(path)))
  const gone = paths.filter((_, i) => files[i]?.status !== 200)
  if (gone.length) return fail(`the page’s script is not there: ${some(gone)}`)
  const code = [...inline, ...files.map(({ text }) => text)].join('\n')
  const origin = new URL(exam.setting('PUBLIC_URL')).origin
  const others = [...new Set(code.match(BACKEND) ?? [])].filter((url) => !url.startsWith(origin))
  if (others.length) return fail(`another backend: ${some(others)}`)
  return code.includes(OUR_CALL) ? ok('this API') : fail(`no call of ${OUR_CALL} in its scripts`)
}

const Plans = z.object({ plans: z.array(z.object({ id: z.string() })) })

async function lookAtApi(exam: Exam): Promise<Seen> {
  // A cache may show what was sold a minute ago.
  const answer = await exam.askShop(`/api/plans?at=${exam.now().getTime()}`)
  const mark = answer.headers.get(SHOP_MARK)
  if (!mark) return fail(`not this shop answers /api/plans: ${describeAnswer(answer)}`)
  if (mark !== await exam.mark()) {
    return fail('another shop of this kind, or one with another JWT_PRIVATE_KEY')
  }
  const shown = Plans.safeParse(answer.json).data?.plans
  if (!shown) return fail(`this shop, but ${describeAnswer(answer)}`)
  const sold = await listPlans(await exam.database())
  const missing = sold.filter(({ id }) => !shown.some((plan) => plan.id === id))
  if (missing.length || shown.length !== sold.length) {
    return fail(
      `it sells ${shown.length} plans, this database ${sold.length}`,
      'Let the shop and the doctor use the same DATABASE_URL, and start the shop again.',
    )
  }
  return ok('this shop')
}

async function lookAtHeaders(exam: Exam): Promise<Seen> {
  const url = new URL(exam.setting('PUBLIC_URL'))
  const { headers } = await exam.askShop('/')
  const https = url.protocol === 'https:'
  if (!https && !isLoopback(url.hostname)) {
    return fail('http: cookies and passwords travel readable', 'Serve PUBLIC_URL over https.')
  }
  const wanted = ['content-security-policy', 'x-content-type-options', 'referrer-policy']
  if (https) wanted.push('strict-transport-security')
  const missing = wanted.filter((name) => !headers.has(name))
  if (missing.length) return warn(`without ${missing.join(', ')}`)
  return ok(https ? 'https, all headers' : 'all headers')
}

/** What other shops were taken over by, and what tells a stranger too much. */
const OPEN_DOORS = ['/install', '/installer', '/setup', '/install/index.php', '/.env', '/metrics']

async function lookAtInstallers(exam: Exam): Promise<Seen> {
  const page = await exam.askShop('/')
  if (page.status >= 500) return skip('there is no page: see site.page')
  const answers = await Promise.all(OPEN_DOORS.map((path) => exam.askShop(path)))
  // Any path that nothing else answers is the page's own.
  const open = OPEN_DOORS.filter((_, i) => {
    const answer = answers[i]
    return answer?.status === 200 && !isOurPage(answer) && answer.text !== page.text
  })
  return open.length ? fail(some(open)) : ok('none')
}
