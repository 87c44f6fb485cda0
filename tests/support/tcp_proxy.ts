import { Buffer } from 'node:buffer'
import { connect, createServer, type Socket } from 'node:net'
import { parseDatabaseUrl } from '../../api/mysql.ts'

/** What happens to one statement on its way to the database. */
export type Fate =
  /** The server does it; its answer is swallowed and both lines are cut. */
  | { name: 'lose-reply' }
  /** The server never sees it, and answers with an error of ours. */
  | { name: 'refuse'; errno: number; message?: string; undoesAll?: boolean }
  /** The server never sees it: the line is cut before. */
  | { name: 'cut' }

export interface TcpProxy {
  /** `mysql://…` of the database behind, by way of this proxy. */
  url: string
  /** Asked for each statement of a client, and whether a transaction is open; undefined lets it pass. */
  fate: (sql: string, inTransaction: boolean) => Fate | undefined
  /** Each chunk comes so much later, either way. */
  latencyMs: number
  /** Nothing passes any more, and nobody is told: a line that is half open. */
  blackHole: boolean
  /** Each line is cut once the server has sent so many bytes on it. */
  cutAfterBytes: number
  /** Cuts every line, and refuses new ones until `listen`. */
  refuse(): Promise<void>
  listen(): Promise<void>
  stop(): Promise<void>
}

/** A TCP proxy before a database that reads along, and can do to a line what networks do. */
export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const { host, port } = parseDatabaseUrl(databaseUrl)
  const lines = new Set<Line>()
  const server = createServer((client) => {
    const line = openLine(client, connect({ host, port, noDelay: true }), proxy)
    lines.add(line)
    client.on('close', () => lines.delete(line))
  })
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, '127.0.0.1', () => resolve())
    })
  const refuse = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const line of lines) line.cut()
    await closed
  }
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${address.port}`
  const proxy: TcpProxy = {
    url: url.href,
    fate: () => undefined,
    latencyMs: 0,
    blackHole: false,
    cutAfterBytes: Infinity,
    refuse,
    listen: () => listen(address.port),
    stop: () => server.listening ? refuse() : Promise.resolve(),
  }
  return proxy
}

interface Line {
  cut(): void
}

/** Joins a client and the server, packet by packet towards the server. */
function openLine(client: Socket, server: Socket, proxy: TcpProxy): Line {
  /** What becomes of the server's next bytes: let through, or swallowed up to what follows them. */
  let swallow: (() => void) | undefined
  let sent = 0
  let inTransaction = false
  const cut = () => {
    client.destroy()
    server.destroy()
  }
  const pass = (to: Socket, bytes: Buffer) => {
    if (proxy.blackHole) return
    if (proxy.latencyMs === 0) return void to.write(bytes)
    setTimeout(() => to.destroyed || to.write(bytes), proxy.latencyMs)
  }
  const readPacket = createPackets((packet) => {
    const sql = isQuery(packet) ? packet.subarray(5).toString() : undefined
    const fate = sql === undefined ? undefined : proxy.fate(sql, inTransaction)
    if (sql === 'START TRANSACTION') inTransaction = true
    if (sql === 'COMMIT' || sql === 'ROLLBACK') inTransaction = false
    if (fate?.name === 'cut') return cut()
    if (fate?.name === 'lose-reply') swallow = cut
    if (fate?.name !== 'refuse') return pass(server, packet)
    const answer = () => pass(client, errorPacket(fate))
    if (!fate.undoesAll) return answer()
    // As a server does that undoes the transaction: what comes next is in none.
    swallow = () => {
      swallow = undefined
      answer()
    }
    server.write(queryPacket('ROLLBACK'))
  })
  client.on('data', readPacket)
  server.on('data', (bytes: Buffer) => {
    if (swallow) return swallow()
    sent += bytes.length
    const over = sent - proxy.cutAfterBytes
    if (over < 0) return pass(client, bytes)
    client.end(bytes.subarray(0, bytes.length - over))
    server.destroy()
  })
  for (const socket of [client, server]) {
    socket.on('error', () => {})
    socket.on('close', () => proxy.blackHole || cut())
  }
  return { cut }
}

/** Splits a stream into the packets of MySQL's protocol: length (3 bytes), sequence, payload. */
function createPackets(take: (packet: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 4 && rest.length >= 4 + rest.readUIntLE(0, 3)) {
      const end = 4 + rest.readUIntLE(0, 3)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}

const COM_QUERY = 3

/** A command has the sequence 0; what a client says while it signs in has not. */
function isQuery(packet: Buffer): boolean {
  return packet[3] === 0 && packet[4] === COM_QUERY
}

function queryPacket(sql: string): Buffer {
  return framed(0, Buffer.from([COM_QUERY, ...Buffer.from(sql)]))
}

function errorPacket(
  { errno, message = 'ordered by a test' }: { errno: number; message?: string },
) {
  const head = Buffer.from([0xff, errno & 0xff, errno >> 8])
  return framed(1, Buffer.concat([head, Buffer.from(`#HY000${message}`)]))
}

function framed(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUIntLE(payload.length, 0, 3)
  head[3] = sequence
  return Buffer.concat([head, payload])
}
