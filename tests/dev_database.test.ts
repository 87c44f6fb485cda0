import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConnection, parseDatabaseUrl } from '../api/mysql.ts'
import { type PrivateDatabase, startDatabase } from '../dev/database.ts'
import { type DataFolder, explainServerLog } from '../dev/database/data_folder.ts'
import { findServerProgram } from '../dev/database/server_program.ts'
import { commandLineOf } from '../dev/processes.ts'

let dir: string
let running: PrivateDatabase[]

beforeEach(async () => {
  dir = await Deno.makeTempDir({ prefix: 'spawnpoint-database-test-' })
  running = []
})

afterEach(async () => {
  for (const database of running) await database.stop()
  await Deno.remove(dir, { recursive: true }).catch(() => {})
})

test('startDatabase() keeps data and password, and starts again within 5 s', async () => {
  const first = await start()
  const url = await first.createDatabase('kept')
  await run(url, 'CREATE TABLE notes (body VARCHAR(20))')
  await run(url, "INSERT INTO notes VALUES ('still here')")
  await first.stop()
  const startedAt = performance.now()
  const second = await start()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(new URL(second.url).password).toBe(new URL(first.url).password)
  const rows = await query(await second.createDatabase('kept'), 'SELECT body FROM notes')
  expect(rows).toEqual([{ body: 'still here' }])
})

test('startDatabase() starts a server as the rules of our SQL want it', async () => {
  const { url } = await start()
  const [row] = await query(
    url,
    'SELECT @@bind_address AS address, @@character_set_server AS charset, ' +
      '@@global.transaction_isolation AS isolation',
  ).catch(() =>
    query(
      url,
      'SELECT @@bind_address AS address, @@character_set_server AS charset, ' +
        '@@global.tx_isolation AS isolation',
    )
  )
  expect(row).toEqual({ address: '127.0.0.1', charset: 'utf8mb4', isolation: 'READ-COMMITTED' })
})

test('startDatabase() lets nobody in without the password', async () => {
  const { port } = await start()
  for (const user of ['root', 'spawnpoint', '']) {
    await expect(query(`mysql://${user}@127.0.0.1:${port}`, 'SELECT 1')).rejects
      .toMatchObject({ cause: { errno: 1045 } })
  }
})

test('startDatabase() refuses a folder that a living process uses', async () => {
  await start()
  await expect(start()).rejects.toThrow(`in use by process ${Deno.pid}`)
})

test('startDatabase() stops a server that an earlier run left behind', async () => {
  await start()
  const owner = JSON.parse(await Deno.readTextFile(join(dir, 'owner.json')))
  await Deno.writeTextFile(join(dir, 'owner.json'), JSON.stringify({ ...owner, pid: 4_000_000 }))
  const second = await start()
  expect(await commandLineOf(owner.serverPid)).toBeUndefined()
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('startDatabase() leaves no server and no folder when its process is killed', async () => {
  const script = `
    import { startDatabase } from './dev/database.ts'
    await startDatabase({ dir: ${JSON.stringify(dir)}, durable: false, log: () => {} })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = new Deno.Command(Deno.execPath(), {
    args: ['eval', '--ext=ts', script],
    cwd: new URL('..', import.meta.url),
    stdout: 'piped',
  }).spawn()
  const reader = child.stdout.getReader()
  await reader.read()
  const { serverPid } = JSON.parse(await Deno.readTextFile(join(dir, 'owner.json')))
  expect(await commandLineOf(serverPid)).toContain(dir)
  child.kill('SIGKILL')
  await reader.cancel()
  await child.status
  await expect.poll(() => commandLineOf(serverPid), { timeout: 5_000 }).toBeUndefined()
  await expect.poll(() => isThere(dir), { timeout: 5_000 }).toBe(false)
})

test('startDatabase() makes data again that was left half made', async () => {
  await (await start()).stop()
  await Deno.remove(join(dir, 'made.json'))
  await Deno.remove(join(dir, 'data', 'ibdata1'))
  const { url } = await start()
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('startDatabase() says in one sentence how to go on with damaged data', async () => {
  await (await start()).stop()
  await Deno.writeFile(join(dir, 'data', 'ibdata1'), new Uint8Array(1_000_000).fill(7))
  await expect(start()).rejects.toThrow(/is damaged .*start over with deno task dev --reset$/)
  await Deno.remove(join(dir, 'data', 'ibdata1'))
  await expect(start()).rejects.toThrow(/is damaged \(ibdata1 is missing.*--reset$/)
})

test('startDatabase() says which port is taken', async () => {
  using listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const { port } = listener.addr
  await expect(startDatabase({ dir, port, durable: true, log: () => {} }))
    .rejects.toThrow(`Port ${port} is taken`)
})

test('findServerProgram() refuses a MYSQLD_PATH that is no server', async () => {
  const before = Deno.env.get('MYSQLD_PATH')
  Deno.env.set('MYSQLD_PATH', '/bin/true')
  try {
    await expect(findServerProgram()).rejects.toThrow(/^MYSQLD_PATH is not .*: \/bin\/true$/)
  } finally {
    if (before === undefined) Deno.env.delete('MYSQLD_PATH')
    else Deno.env.set('MYSQLD_PATH', before)
  }
})

test.each([
  ['InnoDB: Error number 28 means No space left on device', 'The disk is full: free 500 MB'],
  ["Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use", 'Port 3306'],
  ['InnoDB: Unable to lock ./ibdata1 error: 11', 'Another server is using'],
  ["Can't create file (Errcode: 13 'Permission denied')", 'may not use /somewhere'],
  ['[ERROR] InnoDB: Corrupted page', 'is damaged (InnoDB: Corrupted page'],
])('explainServerLog() finds the way out of: %s', (log, sentence) => {
  const folder: DataFolder = {
    dir: '/somewhere',
    data: '/somewhere/data',
    errorLog: '/somewhere/error.log',
    startFile: '/somewhere/start.sql',
    user: 'spawnpoint',
    password: 'secret',
  }
  expect(explainServerLog(log, folder, 3306).message).toContain(sentence)
})

async function start(): Promise<PrivateDatabase> {
  const database = await startDatabase({ dir, durable: true, log: () => {} })
  running.push(database)
  return database
}

async function run(url: string, sql: string): Promise<void> {
  const db = openConnection(parseDatabaseUrl(url))
  await db.run(sql).finally(() => db.close())
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const db = openConnection(parseDatabaseUrl(url))
  return await db.query(sql).finally(() => db.close())
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false)
}
