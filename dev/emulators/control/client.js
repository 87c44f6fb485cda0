// @ts-check
/** The script of the control page: shows what comes from /live, and orders faults. */

/** @typedef {import('../traffic.ts').Entry} Entry */
/** @typedef {{ id: number, on: Record<string, string>, when: Record<string, unknown>, fault: { name: string }, asked: number, fired: number, state: string }} Rule */
/** @typedef {{ type?: string, enum?: unknown[], default?: unknown, minimum?: number, maximum?: number }} Setting */
/** @typedef {{ name: string, at: string, services: string[], says: string, settings: Record<string, Setting>, required: string[] }} Fact */

const KEPT = 300

/**
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} type
 */
function byId(id, type) {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`Cannot find #${id}`)
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init = {}) {
  const answer = await fetch(path, { ...init, headers: { 'Content-Type': 'application/json' } })
  const text = await answer.text()
  const body = text === '' ? {} : JSON.parse(text)
  if (!answer.ok) throw new Error(body.error)
  return body
}

// --- traffic

const list = byId('entries', HTMLOListElement)
const quiet = byId('quiet', HTMLElement)
let show = 'all'

/** @param {Entry} entry */
function isShown(entry) {
  if (show === 'all') return true
  if (show === 'webhook') return entry.kind === 'webhook'
  if (show === 'trouble') return isTrouble(entry) || entry.faults.length > 0
  return entry.service === show && entry.kind === 'call'
}

/** @param {Entry} entry */
function isTrouble({ status, error }) {
  return error !== undefined || (status ?? 0) >= 300
}

/** @param {Entry} entry */
function statusOf(entry) {
  const text = entry.error === undefined ? entry.status ?? '…' : 'none'
  const kind = entry.took === undefined ? '' : isTrouble(entry) ? 'bad' : 'good'
  return element('span', { class: `status ${kind}`, title: entry.error ?? '' }, String(text))
}

const WEBHOOK_MARK = element('span', { class: 'way' }, 'webhook')

/** @param {Entry} entry */
function row(entry) {
  const button = element(
    'button',
    { type: 'button', class: 'entry', 'aria-expanded': 'false' },
    element('time', { datetime: entry.at }, new Date(entry.at).toLocaleTimeString('en-GB')),
    element(
      'span',
      { class: 'title' },
      ...(entry.url ? [WEBHOOK_MARK.cloneNode(true)] : []),
      entry.title,
    ),
    element(
      'span',
      { class: 'marks' },
      ...entry.faults.map((name) => element('span', { class: 'fault' }, name)),
      statusOf(entry),
    ),
    element('span', { class: 'took' }, entry.took === undefined ? '' : `${entry.took} ms`),
  )
  const more = [entry.url && `to ${entry.url}`, entry.error].filter((text) => text !== undefined)
  if (more.length > 0) button.append(element('span', { class: 'to' }, more.join(': ')))
  button.addEventListener('click', () => toggle(button, entry))
  return button
}

/** @param {Entry} entry */
function showEntry(entry) {
  const known = document.getElementById(`entry-${entry.id}`)
  const item = known ?? element('li', { id: `entry-${entry.id}`, class: entry.service })
  item.hidden = !isShown(entry)
  // An open entry stays open; what is new in it is the line.
  const fresh = row(entry)
  const former = item.querySelector('.entry')
  if (former?.getAttribute('aria-expanded') === 'true') fresh.setAttribute('aria-expanded', 'true')
  if (former) former.replaceWith(fresh)
  else item.append(fresh)
  shown.set(entry.id, entry)
  if (!known) list.prepend(item)
  if (list.children.length > KEPT) forgetOldest()
  tellQuiet()
}

/** @type {Map<number, Entry>} */
const shown = new Map()

function forgetOldest() {
  const [oldest] = shown.keys()
  if (oldest === undefined) return
  shown.delete(oldest)
  list.lastElementChild?.remove()
}

function tellQuiet() {
  quiet.hidden = [...shown.values()].some(isShown)
  quiet.textContent = shown.size === 0
    ? 'Nothing yet. Calls and webhooks appear here as they happen.'
    : 'Nothing of this kind lately.'
}

/**
 * @param {HTMLElement} button
 * @param {Entry} entry
 */
async function toggle(button, entry) {
  const isOpen = button.getAttribute('aria-expanded') === 'true'
  button.setAttribute('aria-expanded', String(!isOpen))
  const detail = button.parentElement?.querySelector('.detail')
  if (isOpen) return detail?.remove()
  const full = await ask(`/traffic/${entry.id}`).catch(() => undefined)
  button.after(full ? details(full) : element('p', { class: 'empty' }, 'It is forgotten by now.'))
}

/** @param {Entry} entry */
function details(entry) {
  const again = element('button', { type: 'button' }, 'Replay')
  again.addEventListener('click', () => replay(entry, again))
  const tools = element('div', { class: 'tools' }, again)
  if (entry.kind === 'call' || faultsAt('webhook').length > 0) tools.append(faultButton(entry))
  const [asked, answered] = entry.kind === 'call' ? ['Asked', 'Answered'] : ['Sent', 'Answered']
  const made = element('div', { class: 'detail' }, tools, message(asked, entry.request))
  if (entry.answer && entry.status !== undefined) made.append(message(answered, entry.answer))
  return made
}

/**
 * @param {Entry} entry
 * @param {HTMLElement} button
 */
async function replay(entry, button) {
  button.setAttribute('disabled', '')
  await ask(`/traffic/${entry.id}/replay`, { method: 'POST' }).catch(() => {})
  button.removeAttribute('disabled')
}

/** @param {Entry} entry */
function faultButton(entry) {
  const button = element('button', { type: 'button' }, 'Let it fail the next time …')
  button.addEventListener('click', () => {
    const isCall = entry.kind === 'call'
    fields.service.value = entry.service
    offerFaults(isCall ? 'call' : 'webhook')
    const narrow = order.elements.namedItem(isCall ? 'call' : 'event')
    if (narrow instanceof HTMLInputElement) {
      narrow.value = isCall ? entry.title.replace(/\?.*/, '') : entry.title
    }
    order.scrollIntoView({ behavior: 'smooth', block: 'nearest' })
    fields.fault.focus({ preventScroll: true })
  })
  return button
}

/**
 * @param {string} title
 * @param {Entry['request']} message
 */
function message(title, { headers, body }) {
  const rows = headers.flatMap((
    [name, value],
  ) => [element('dt', {}, name), element('dd', {}, value)])
  return element(
    'div',
    {},
    element('h3', {}, title),
    ...(body ? [element('pre', { tabindex: '0' }, readable(body))] : []),
    ...(rows.length > 0 ? [element('dl', {}, ...rows)] : []),
  )
}

/** @param {string} body */
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return /^[\w.%[\]+-]+=/.test(body) && !body.includes('\n')
      ? [...new URLSearchParams(body)].map((pair) => pair.join(' = ')).join('\n')
      : body
  }
}

for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => {
    show = button.getAttribute('data-show') ?? 'all'
    for (const other of document.querySelectorAll('[data-show]')) {
      other.setAttribute('aria-pressed', String(other === button))
    }
    for (const entry of shown.values()) {
      const item = document.getElementById(`entry-${entry.id}`)
      if (item) item.hidden = !isShown(entry)
    }
    tellQuiet()
  })
}

// --- faults

const order = byId('order', HTMLFormElement)
const rules = byId('rules', HTMLOListElement)
const refused = byId('refused', HTMLElement)

/** @param {string} name */
function select(name) {
  const found = order.elements.namedItem(name)
  if (found instanceof HTMLSelectElement) return found
  throw new Error(`Cannot find the field ${name}`)
}

const fields = { service: select('service'), fault: select('fault'), when: select('when') }

/** @type {{ faults: Fact[], wings: string[] }} */
let vocabulary = { faults: [], wings: [] }

/** @param {string} at */
function faultsAt(at) {
  return vocabulary.faults.filter((fact) => fact.at === at)
}

/** @param {Rule[]} all */
function showRules(all) {
  byId('calm', HTMLElement).hidden = all.length > 0
  byId('clear', HTMLButtonElement).hidden = all.length === 0
  rules.replaceChildren(...all.map(ruleRow))
}

/** @param {Rule} rule */
function ruleRow({ id, on, when, fault, asked, fired, state }) {
  const { name, ...settings } = fault
  const { service, ...narrow } = on
  const where = Object.values(narrow).join(' ')
  const cancel = element('button', { type: 'button', 'aria-label': `Cancel ${name}` }, 'Cancel')
  cancel.addEventListener('click', () => ask(`/rules/${id}`, { method: 'DELETE' }).catch(() => {}))
  const what = element(
    'span',
    { class: `what ${state === 'in force' ? '' : 'done'}` },
    element('b', {}, name),
    told(settings, name),
    ` at ${service}`,
    ...(where ? [' ', element('code', {}, where)] : []),
  )
  const counts = [told(when).trim(), `asked ${asked}`, `fired ${fired}`, state].filter(Boolean)
  return element(
    'li',
    { class: service ?? '' },
    what,
    cancel,
    element('span', { class: 'numbers' }, counts.join(' · ')),
  )
}

/**
 * @param {object} values
 * @param {string} [said] a name that need not be said again
 */
function told(values, said) {
  const texts = Object.entries(values).map(([name, value]) => {
    const text = [value].flat().join(', ')
    return name === said ? text : `${name} ${text}`
  })
  return texts.length > 0 ? ` ${texts.join(', ')}` : ''
}

/** @param {string} [at] */
function offerFaults(at) {
  const facts = vocabulary.faults.filter(({ services }) => services.includes(fields.service.value))
  const groups = Map.groupBy(facts, (fact) => GROUPS[fact.at] ?? fact.at)
  fields.fault.replaceChildren(
    ...[...groups].map(([label, members]) =>
      element('optgroup', { label }, ...members.map(({ name }) => element('option', {}, name)))
    ),
  )
  const first = facts.find((fact) => fact.at === at)
  if (first) fields.fault.value = first.name
  offerSettings()
}

/** @type {Record<string, string>} */
const GROUPS = {
  call: 'Its answers',
  key: 'Its key',
  create: 'Making a server',
  wings: 'The node',
  install: 'The installation',
  webhook: 'Its webhooks',
}

function offerSettings() {
  const fact = vocabulary.faults.find(({ name }) => name === fields.fault.value)
  if (!fact) return
  byId('says', HTMLElement).textContent = fact.says
  byId('settings', HTMLElement).replaceChildren(
    ...Object.entries(fact.settings).map(([name, setting]) =>
      settingField(name, setting, fact.required.includes(name))
    ),
  )
  byId('narrow', HTMLElement).replaceChildren(...narrowField(fact.at))
}

/**
 * @param {string} name
 * @param {Setting} setting
 * @param {boolean} required
 */
function settingField(name, setting, required) {
  const label = element(
    'label',
    {},
    required || setting.default !== undefined ? name : `${name}, if you like`,
  )
  const field = setting.enum
    ? element('select', {}, ...setting.enum.map((value) => element('option', {}, String(value))))
    : element('input', setting.type === 'integer' ? { type: 'number', min: '1' } : { type: 'text' })
  field.setAttribute('name', `setting.${name}`)
  if (required) field.setAttribute('required', '')
  if (setting.default !== undefined && 'value' in field) field.value = String(setting.default)
  label.append(field)
  return label
}

/** @param {string} at */
function narrowField(at) {
  if (at === 'call' || at === 'key') {
    return [textField('call', 'Only the call, if you like', 'POST /v1/customers/:id')]
  }
  if (at === 'webhook') return [textField('event', 'Only the events, if you like', 'invoice.*')]
  if (at !== 'wings' && at !== 'install') return []
  const actions = at === 'wings' ? vocabulary.wings : ['create', 'reinstall']
  const options = [
    element('option', { value: '' }, 'any'),
    ...actions.map((one) => element('option', {}, one)),
  ]
  return [element('label', {}, 'Only the action', element('select', { name: 'wings' }, ...options))]
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} placeholder
 */
function textField(name, label, placeholder) {
  const field = element('input', { name, placeholder, autocomplete: 'off', spellcheck: 'false' })
  return element('label', {}, label, field)
}

/** @type {Record<string, [string, Record<string, string>]>} */
const AMOUNTS = {
  first: ['How many', { type: 'number', min: '1', value: '1' }],
  nth: ['Which, as 1, 3', { pattern: '[0-9]+( *, *[0-9]+)*', value: '1' }],
  probability: ['Of 100 times', { type: 'number', min: '1', max: '100', value: '20' }],
}

function offerAmount() {
  const [label, attributes] = AMOUNTS[fields.when.value] ?? []
  const amount = byId('amount', HTMLLabelElement)
  amount.replaceChildren()
  if (!label) return
  amount.append(label, element('input', { name: 'amount', required: '', ...attributes }))
}

/** @param {FormData} data */
function whenOf(data) {
  const amount = String(data.get('amount'))
  if (data.get('when') === 'first') return { first: Number(amount) }
  if (data.get('when') === 'nth') return { nth: amount.split(',').map(Number) }
  if (data.get('when') === 'probability') return { probability: Number(amount) / 100 }
  return {}
}

/** @param {FormData} data */
function ruleOf(data) {
  const text = (/** @type {string} */ name) => String(data.get(name) ?? '')
  const filled = ['call', 'event', 'wings'].filter((name) => text(name) !== '')
  const fact = vocabulary.faults.find(({ name }) => name === text('fault'))
  const settings = Object.entries(fact?.settings ?? {})
    .filter(([name]) => text(`setting.${name}`) !== '')
    .map(([name, setting]) => {
      const value = text(`setting.${name}`)
      const isNumber = setting.type === 'integer' || typeof setting.enum?.[0] === 'number'
      return [name, isNumber ? Number(value) : value]
    })
  return {
    on: {
      service: text('service'),
      ...Object.fromEntries(filled.map((name) => [name, text(name)])),
    },
    when: whenOf(data),
    fault: { name: text('fault'), ...Object.fromEntries(settings) },
  }
}

order.addEventListener('submit', async (event) => {
  event.preventDefault()
  refused.hidden = true
  try {
    await ask('/rules', { method: 'POST', body: JSON.stringify(ruleOf(new FormData(order))) })
  } catch (error) {
    refused.textContent = error instanceof Error ? error.message : String(error)
    refused.hidden = false
  }
})
fields.service.addEventListener('change', () => offerFaults())
fields.fault.addEventListener('change', offerSettings)
fields.when.addEventListener('change', offerAmount)
byId('clear', HTMLButtonElement)
  .addEventListener('click', () => ask('/rules', { method: 'DELETE' }).catch(() => {}))

// --- start

const line = byId('line', HTMLElement)

function listen() {
  const live = new EventSource('/live')
  live.addEventListener('open', () => {
    line.textContent = 'Live'
    line.dataset.state = 'live'
    shown.clear()
    list.replaceChildren()
    tellQuiet()
  })
  live.addEventListener('error', () => {
    line.textContent = 'Not connected'
    line.dataset.state = 'lost'
  })
  live.addEventListener('entry', ({ data }) => showEntry(JSON.parse(data)))
  live.addEventListener('rules', ({ data }) => showRules(JSON.parse(data)))
}

vocabulary = await ask('/vocabulary')
offerFaults()
offerAmount()
listen()
