// What a person's app is to an instance: the Mastodon API and /api/communer/v1 over the test network, with a bearer token.
// It must not know more than any client may.
import type { Response } from 'undici'
import type { Network } from '../network/network.ts'

export type Json = Record<string, any> // eslint-disable-line -- entities are read loosely here on purpose: a test asserts what it needs

export interface Client {
  token: string | null
  /** Answer as JSON; throws with status and body unless 2xx. */
  get(path: string): Promise<any>
  post(path: string, body?: unknown): Promise<any>
  put(path: string, body?: unknown): Promise<any>
  patch(path: string, body?: unknown): Promise<any>
  delete(path: string): Promise<any>
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Public page as a browser without JavaScript sees it. */
  page(path: string): Promise<{ status: number; html: string }>
}

/** A client of `origin`, anonymous when `token` is null; `always` goes with every request. */
export function createClient(network: Network, origin: string, token: string | null, always: Record<string, string> = {}): Client {
  const request: Client['request'] = (method, path, body, headers = {}) =>
    network.fetch(path.startsWith('https://') ? path : origin + path, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...always,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await request(method, path, body)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${origin}${path} answered ${answer.status}: ${text.slice(0, 500)}`)
    return text === '' ? null : JSON.parse(text)
  }
  return {
    token,
    get: (path) => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    put: (path, body = {}) => call('PUT', path, body),
    patch: (path, body = {}) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
    request,
    async page(path) {
      const answer = await request('GET', path, undefined, { accept: 'text/html' })
      return { status: answer.status, html: await answer.text() }
    }
  }
}

/** Logs in as a browser does: a session holds every scope of its account, also those that no app can ask for. */
export async function logIn(network: Network, origin: string, login: string, password: string): Promise<Client> {
  const visitor = createClient(network, origin, null, { origin })
  const answer = await visitor.request('POST', '/api/communer/v1/login', { login, password })
  if (!answer.ok) throw new Error(`${login} could not log in at ${origin}: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return createClient(network, origin, null, { origin, cookie })
}
