import { expect, test } from 'vitest'
import { orderMoves } from '../api/orders/status.ts'
import { SCHEMA_VERSION } from '../api/schema_version.ts'
import { serverMoves } from '../api/servers/status.ts'

interface SourceFile {
  path: string
  text: string
  imports: { from: string; typeOnly: boolean }[]
}

const files = (await Promise.all(['api', 'storefront', 'dev', 'migrations'].map(sourcesBelow)))
  .flat()

function below(folder: string): SourceFile[] {
  return files.filter((file) => file.path.startsWith(`${folder}/`))
}

test('api/ and storefront/ import nothing from dev/ or tests/', () => {
  const strays = [...below('api'), ...below('storefront')].flatMap((file) =>
    file.imports.filter(({ from }) => /^(dev|tests)\//.test(from)).map(({ from }) =>
      `${file.path} → ${from}`
    )
  )
  expect(strays).toEqual([])
})

test('storefront/ imports only types from api/', () => {
  const values = below('storefront').flatMap((file) =>
    file.imports.filter(({ from, typeOnly }) => from.startsWith('api/') && !typeOnly)
      .map(({ from }) => `${file.path} → ${from}`)
  )
  expect(values).toEqual([])
})

test('storefront/ takes hono for its types alone: not a byte of it goes to browsers', () => {
  const values = below('storefront').flatMap((file) =>
    file.imports.filter(({ from, typeOnly }) => /^hono(\/|$)/.test(from) && !typeOnly)
      .map(({ from }) => `${file.path} → ${from}`)
  )
  expect(values).toEqual([])
})

/** What describes the API to others is made when the shop is built, and weighs on no request. */
test('what describes the API stays out of the app: bodies are types there, operations unknown', () => {
  const describes = /(^api\/openapi\/|^api\/(.+\/)?(operations|bodies)\.ts$)/
  const strays = files.filter(({ path }) => !describes.test(path) && !path.startsWith('dev/'))
    .flatMap((file) =>
      file.imports
        .filter(({ from, typeOnly }) => describes.test(from) && !(typeOnly && /bodies/.test(from)))
        .map(({ from }) => `${file.path} → ${from}`)
    )
  expect(strays).toEqual([])
})

test.each([
  ['zod-openapi', ['api/openapi/document.ts']],
  ['mysql2', ['api/mysql.ts']],
  ['stripe', ['api/payments/stripe.ts']],
  ['jose', ['api/accounts/tokens.ts']],
  ['nodemailer', ['api/mail/smtp_mailer.ts']],
])('in api/ only the module that stands for it imports %s', (name, allowed) => {
  const importers = below('api').filter((file) =>
    file.imports.some(({ from }) => from === name || from.startsWith(`${name}/`))
  ).map((file) => file.path)
  expect(importers).toEqual(allowed)
})

test('in api/ only the entry and what commands share read the environment', () => {
  const readers = below('api')
    .filter((file) => /\bDeno\.env\b|\bprocess\.env\b|from 'node:process'/.test(file.text))
    .map((file) => file.path)
  expect(readers).toEqual(['api/cli.ts', 'api/deno.ts'])
})

test('request code uses nothing that a pooling proxy or another engine refuses', () => {
  const forbidden =
    /\.execute\(|\bGET_LOCK\b|\bLOCK TABLES\b|\bSKIP LOCKED\b|\bRETURNING\b|\bSET TRANSACTION\b|\bSET SESSION\b|multipleStatements|\bINSERT IGNORE\b/
  const found = [...below('api'), ...below('migrations')]
    .filter((file) => forbidden.test(withoutComments(file.text))).map((file) => file.path)
  expect(found).toEqual([])
})

test('migrations use nothing that another engine refuses, and name every text column’s collation', async () => {
  for await (const entry of Deno.readDir('migrations')) {
    if (!entry.name.endsWith('.sql')) continue
    const sql = await Deno.readTextFile(`migrations/${entry.name}`)
    expect(sql, entry.name).not.toMatch(/\b(FOREIGN KEY|TRIGGER|PROCEDURE|ENUM|MyISAM)\b/i)
    const texts = sql.split('\n').filter((line) =>
      /^\s+\w+ (VAR)?CHAR\(|^\s+\w+ \w*TEXT\b/.test(line)
    )
    expect(texts.filter((line) => !line.includes('COLLATE')), entry.name).toEqual([])
  }
})

test('the schema version names the newest migration', async () => {
  const names: string[] = []
  for await (const entry of Deno.readDir('migrations')) {
    if (entry.name.endsWith('.sql')) names.push(entry.name)
  }
  expect(names.sort().at(-1)).toBe(SCHEMA_VERSION)
})

test('the README prints both state tables as the code has them', async () => {
  const readme = await Deno.readTextFile('README.md')
  for (const moves of [orderMoves, serverMoves]) {
    for (const [from, to] of Object.entries(moves)) {
      if (to.length > 0) expect(readme).toContain(`${from} → ${to.join(' | ')}`)
    }
  }
})

async function sourcesBelow(folder: string): Promise<SourceFile[]> {
  const found: SourceFile[] = []
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory) found.push(...await sourcesBelow(path))
    else if (/\.tsx?$/.test(entry.name)) found.push(read(path, await Deno.readTextFile(path)))
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1)
}

function read(path: string, text: string): SourceFile {
  const statement =
    /(?:import|export)\s+(type\s)?([^'"`;]*?)from\s+'([^']+)'|import\s*\(?'([^']+)'/g
  const imports = [...text.matchAll(statement)].map((match) => {
    const target = match[3] ?? match[4] ?? ''
    const named = /^\s*\{([^}]*)\}\s*$/.exec(match[2] ?? '')?.[1]
    const allTypes = named?.split(',').map((name) => name.trim()).filter(Boolean)
      .every((name) => name.startsWith('type ')) ?? false
    return {
      from: target.startsWith('.') ? resolve(path, target) : target,
      typeOnly: match[1] !== undefined || allTypes,
    }
  })
  return { path, text, imports }
}

function resolve(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1)
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}
