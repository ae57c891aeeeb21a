// A running Mastodon API with people in it, for tests: real database, requests in process, tokens as apps have them.
import type { FastifyInstance, InjectOptions } from 'fastify'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import type { AccountRow, ActorRow } from '../db/rows.ts'
import { createToken } from '../features/accounts/tokens.ts'
import type { FakeClock } from './clock.ts'
import { contract } from './contract.ts'
import { testContext, type TestContextOptions } from './context.ts'
import { citizen } from './people.ts'

type Tap = Parameters<typeof testContext>[0]
// Answers are judged by what they hold.
export type Json = ReturnType<typeof JSON.parse>

export interface Client {
  actor: ActorRow
  account: AccountRow
  token: string
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    headers?: Record<string, string>
  ): Promise<{ status: number; json: Json; headers: Json }>
}

export interface ClientScene {
  ctx: Ctx
  clock: FakeClock
  app: FastifyInstance
  alice: Client
  bea: Client
  anyone: Client['call']
}

/** Somebody new with a token of these scopes. */
export async function client(ctx: Ctx, app: FastifyInstance, username: string, scopes = 'read write follow push'): Promise<Client> {
  const { actor, account } = await citizen(ctx, username)
  const token = await createToken(ctx, account.id, scopes)
  return { actor, account, token, call: caller(app, token) }
}

/** What answered otherwise than Mastodon documents, by app. */
const contracts = new WeakMap<FastifyInstance, string[]>()

/** Requests with a token, or without. Throws when an answer is not what Mastodon documents. */
export function caller(app: FastifyInstance, token: string | null): Client['call'] {
  return async (method, url, body, headers = {}) => {
    const options: InjectOptions = { method, url, headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers } }
    if (body !== undefined) options.payload = body as object
    const answer = await app.inject(options)
    const breach = contracts.get(app)?.shift()
    if (breach !== undefined) throw new Error(breach)
    return { status: answer.statusCode, json: answer.body === '' ? null : answer.json(), headers: answer.headers }
  }
}

/** An instance with Alice and Bea. */
export async function clientScene(t: Tap, options: TestContextOptions = {}): Promise<ClientScene> {
  const { ctx, clock } = await testContext(t, options)
  // A 500 says nothing to the client: let the test say why.
  ctx.log.error = ((what: { err?: Error }) => process.stderr.write(`${what.err?.stack}\n`)) as typeof ctx.log.error
  const breaches: string[] = []
  const app = await buildApp(ctx, contract(breaches))
  contracts.set(app, breaches)
  t.teardown(() => app.close())
  return { ctx, clock, app, alice: await client(ctx, app, 'alice'), bea: await client(ctx, app, 'bea'), anyone: caller(app, null) }
}
