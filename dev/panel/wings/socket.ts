import type { Node } from '../model.ts'
import type { PanelApp } from '../panel.ts'
import { Console } from './console.ts'

/** What turns a request into a websocket; the platform does it. */
export type Upgrade = (request: Request) => { socket: WebSocket; response: Response }

export function upgradeWithDeno(request: Request) {
  return Deno.upgradeWebSocket(request)
}

/** Opens the console of a server for a page of the panel. */
export function openConsole(
  panel: PanelApp,
  request: Request,
  { node, uuid }: { node: Node; uuid: string },
): Response {
  const { socket, response } = panel.upgrade(request)
  const listener = new Console({
    panel,
    node,
    uuid,
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: (code, reason) => {
      end()
      socket.close(code, reason)
    },
  })
  const stopListening = panel.wings.listen(uuid, listener)
  const heart = setInterval(() => panel.settle(), BEAT_MS)
  const end = () => {
    clearInterval(heart)
    stopListening()
  }
  socket.addEventListener('message', ({ data }) => void listener.receive(data))
  socket.addEventListener('close', end)
  return response
}

/** Short enough that the lines of a console come one by one. */
const BEAT_MS = 200
