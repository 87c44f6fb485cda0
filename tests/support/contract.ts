import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describeApi } from '../../api/openapi/document.ts'

/** Holds answers of the API against its OpenAPI document. */
export interface Contract {
  /** The answer as it came; what it says otherwise than the document is added to `violations`. */
  check(request: Request, response: Response): Promise<Response>
  violations: string[]
}

interface Described {
  method: string
  template: string
  pattern: RegExp
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>
}

const NAME = 'openapi.json'

/** One a test's shop; the document itself is made once a process. */
export function createContract(): Contract {
  const violations: string[] = []
  return {
    violations,
    async check(request, response) {
      const { pathname } = new URL(request.url)
      const route = operations().find(({ method, pattern }) =>
        method === request.method && pattern.test(pathname)
      )
      if (!route) return response
      // A copy of a stream would be kept until it ends, and it may not.
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      const problem = await faultOf(route, isStream ? response : response.clone())
      if (problem) violations.push(`${route.method} ${route.template}: ${problem}`)
      return response
    },
  }
}

async function faultOf(route: Described, response: Response): Promise<string | undefined> {
  const described = route.responses[response.status]
  if (!described) return `${response.status} is not in the document (${await response.text()})`
  const type = response.headers.get('content-type')?.split(';')[0]
  if (!described.content) return await response.text() ? 'a body that is not described' : undefined
  if (!type || !described.content[type]) return `${response.status} came as ${type}`
  if (type === 'text/event-stream') return undefined
  const validate = validatorOf(route, response.status, type)
  const body = await response.json()
  if (validate(body)) return undefined
  const why = validate.errors?.map((error) => `${error.instancePath} ${error.message}`).join('; ')
  return `${response.status} ${why} in ${JSON.stringify(body)}`
}

let known: Described[] | undefined

function operations(): Described[] {
  return known ??= Object.entries(describeApi().paths ?? {}).flatMap(([template, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      responses: operation.responses,
    }))
  )
}

let ajv: Ajv2020 | undefined
const validators = new Map<string, ValidateFunction>()

function validatorOf(route: Described, status: number, type: string): ValidateFunction {
  const steps = ['paths', route.template, route.method.toLowerCase(), 'responses', String(status)]
  const pointer = [...steps, 'content', type, 'schema']
    .map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent)
    .join('/')
  const found = validators.get(pointer)
  if (found) return found
  const compiled = compiler().compile({ $ref: `${NAME}#/${pointer}` })
  validators.set(pointer, compiled)
  return compiled
}

function compiler(): Ajv2020 {
  if (ajv) return ajv
  ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(JSON.parse(JSON.stringify(describeApi())), NAME)
  return ajv
}
