import type { ExtractSchema } from 'hono/types'
import type { App } from '../api/app.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The API's paths for a method, e.g. `/api/orders/:id`. */
export type PathOf<M extends Method> = {
  [P in keyof Routes]: `$${Lowercase<M>}` extends keyof Routes[P] ? P : never
}[keyof Routes]

/** What a route answers when it succeeds; nothing where it has no body. */
export type AnswerOf<M extends Method, P extends PathOf<M>> = Answer<Endpoint<M, P>>

/** What a route has to be given: its parameters and its body, where it has any. */
export type GivenOf<M extends Method, P extends PathOf<M>> =
  & (NamesOf<P> extends never ? { param?: never } : { param: Record<NamesOf<P>, string> })
  & (Endpoint<M, P> extends { input: { json: infer B } } ? { body: B } : { body?: never })

type Schema = ExtractSchema<App>

type Routes = { [P in keyof Schema & string as Plain<P>]: Schema[P] }

/** Without the patterns of parameters: `/:id{ord_[0-9a-z]{26}}/sync` is `/:id/sync`. */
type Plain<P extends string> = P extends `${infer Head}/${infer Rest}`
  ? `${PlainSegment<Head>}/${Plain<Rest>}`
  : PlainSegment<P>

type PlainSegment<S extends string> = S extends `:${infer Name}{${string}` ? `:${Name}` : S

type NamesOf<P> = P extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${string}` ? Name | NamesOf<`/${Rest}`> : Rest
  : never

type Endpoint<M extends Method, P extends PathOf<M>> = `$${Lowercase<M>}` extends
  infer K extends keyof Routes[P] ? Routes[P][K] : never

type Answer<E> = E extends { output: infer Body; outputFormat: 'json' } ? Body
  : E extends { outputFormat: 'body' } ? void
  : never
