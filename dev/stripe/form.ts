import { ParameterFailure } from './errors.ts'

export type FormValue = string | FormFields
export interface FormFields {
  [key: string]: FormValue
}

/**
 * Decodes `a[b][0]=x&types[]=y` to `{ a: { b: { 0: 'x' } }, types: { 0: 'y' } }`. Lists stay
 * records of indices: only the parameter check knows a list from metadata with numbers as keys.
 */
export function decodeForm(text: string): FormFields {
  const fields = emptyFields()
  for (const [name, value] of new URLSearchParams(text)) place(fields, pathOf(name), value, name)
  return fields
}

function pathOf(name: string): string[] {
  const [, head = '', rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? []
  if (!head) throw new ParameterFailure(`Invalid parameter name: ${name}`, { param: name })
  return [head, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, key = '']) => key)]
}

function place(fields: FormFields, path: string[], value: string, name: string) {
  let target = fields
  for (const [depth, step] of path.entries()) {
    const key = step === '' ? keyInList(target, path[depth + 1]) : step
    const existing = target[key]
    if (depth === path.length - 1) {
      if (isFields(existing)) throw new ParameterFailure(`Invalid object: ${name}`, { param: name })
      target[key] = value
      return
    }
    if (typeof existing === 'string') {
      throw new ParameterFailure(`Invalid string: ${name}`, { param: name })
    }
    target = target[key] = existing ?? emptyFields()
  }
}

/**
 * Where `a[]` goes: to the end. `a[][x]=1&a[][y]=2` are of one object, until a name comes again.
 */
function keyInList(list: FormFields, next: string | undefined): string {
  const length = Object.keys(list).length
  const last = list[String(length - 1)]
  const joins = next !== undefined && next !== '' && isFields(last) && !Object.hasOwn(last, next)
  return String(joins ? length - 1 : length)
}

/** Without a prototype, a parameter named `__proto__` is only a name. */
function emptyFields(): FormFields {
  return Object.create(null)
}

function isFields(value: FormValue | undefined): value is FormFields {
  return typeof value === 'object'
}
