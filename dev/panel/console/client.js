// @ts-check
/** The script of a server's console: speaks with Wings as the panel's own page does. */

const { socket: path = '', token = '' } = document.body.dataset
const state = byId('state', HTMLElement)
const stats = byId('stats', HTMLElement)
const output = byId('output', HTMLPreElement)
const form = byId('send', HTMLFormElement)
const command = byId('command', HTMLInputElement)

/** @type {Record<string, (text: string) => void>} */
const listeners = {
  'auth success': () => send('send logs'),
  status: (text) => state.textContent = text,
  stats: showStats,
  'console output': print,
  'install output': print,
  'daemon message': (text) => print(`[Daemon] ${text}`),
  'daemon error': (text) => print(`[Daemon] ${text}`),
  'install started': () => print('[Daemon] Installing …'),
  'install completed': () => print('[Daemon] The install has ended.'),
  'token expiring': () => location.reload(),
  'jwt error': print,
}

const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
socket.addEventListener('open', () => send('auth', token))
socket.addEventListener('message', ({ data }) => {
  const { event, args = [] } = JSON.parse(data)
  listeners[event]?.(args.join(''))
})
socket.addEventListener('close', ({ reason }) => state.textContent = reason || 'not connected')

for (const button of document.querySelectorAll('button[data-signal]')) {
  if (!(button instanceof HTMLButtonElement)) continue
  button.addEventListener('click', () => send('set state', button.dataset.signal ?? ''))
}
form.addEventListener('submit', (event) => {
  event.preventDefault()
  send('send command', command.value)
  command.value = ''
})

/** @param {string} event @param {string[]} args */
function send(event, ...args) {
  socket.send(JSON.stringify({ event, args }))
}

/** @param {string} line */
function print(line) {
  const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 8
  // deno-lint-ignore no-control-regex -- the colours of a terminal, which a page does not show
  output.append(line.replace(/\u001b\[[\d;]*m/g, ''), '\n')
  if (atEnd) output.scrollTop = output.scrollHeight
}

/** @param {string} text */
function showStats(text) {
  const { memory_bytes, cpu_absolute, uptime } = JSON.parse(text)
  stats.textContent = `${Math.round(memory_bytes / 1e6)} MB · ${cpu_absolute} % · ` +
    `${Math.round(uptime / 1000)} s`
}

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
