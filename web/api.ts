// The one way pages talk to the server: a small client over a transport (fetch in the browser, in-process requests when the server renders).

export interface ApiRequest {
  method: string
  path: string
  body?: unknown
  idempotencyKey?: string
}
export interface ApiResponse {
  status: number
  link: string | null
  body: unknown
}
export type Transport = (request: ApiRequest) => Promise<ApiResponse>

export interface Page<T> {
  items: T[]
  next: string | null
}

/** A refusal of the API or of the network. `message` is a sentence for the reader, empty when only the network failed (status 0). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  /** Sentence by field name, when the server says which field is wrong. */
  readonly fields: Record<string, string>

  constructor(status: number, code: string, message: string, fields: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
  }

  /** Survives the trip from the rendered page to the browser. */
  toJSON(): object {
    return { status: this.status, code: this.code, message: this.message, fields: this.fields }
  }
}

type Query = Record<string, string | number | boolean | string[] | null | undefined>

export interface Api {
  get<T>(path: string, query?: Query): Promise<T>
  /** One page of a list; `read` finds the items in an answer that is no plain array. */
  list<T>(path: string, query?: Query, read?: (body: unknown) => T[]): Promise<Page<T>>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, idempotencyKey?: string): Promise<T>
}

export function createApi(transport: Transport): Api {
  const call = async (request: ApiRequest): Promise<ApiResponse> => {
    let response: ApiResponse
    try {
      response = await transport(request)
    } catch {
      throw new ApiError(0, 'network', '')
    }
    if (response.status >= 400) throw refusal(response)
    return response
  }
  return {
    get: async <T>(path: string, query?: Query) => (await call({ method: 'GET', path: withQuery(path, query) })).body as T,
    list: async <T>(path: string, query?: Query, read: (body: unknown) => T[] = plainList) => {
      const response = await call({ method: 'GET', path: withQuery(path, query) })
      return { items: read(response.body), next: nextPath(response.link) }
    },
    send: async <T>(method: string, path: string, body?: unknown, idempotencyKey?: string) => {
      const request: ApiRequest = { method, path }
      if (body !== undefined) request.body = body
      if (idempotencyKey !== undefined) request.idempotencyKey = idempotencyKey
      return (await call(request)).body as T
    }
  }
}

function plainList<T>(body: unknown): T[] {
  return Array.isArray(body) ? (body as T[]) : []
}

/** The path with its query; arrays become `name[]` as the Mastodon API reads them. */
export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    if (Array.isArray(value)) value.forEach((item) => params.append(`${name}[]`, item))
    else params.append(name, String(value))
  }
  const text = params.toString()
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`
}

/** Path and query of rel="next" in a Link header (RFC 8288), or null at the end of the list. */
export function nextPath(link: string | null): string | null {
  const target = link === null ? null : /<([^>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1]
  if (!target) return null
  const url = new URL(target, 'http://localhost')
  return url.pathname + url.search
}

function refusal(response: ApiResponse): ApiError {
  const body = (typeof response.body === 'object' && response.body !== null ? response.body : {}) as Record<string, unknown>
  const text = [body['detail'], body['error_description'], body['error'], body['title']].find(
    (value) => typeof value === 'string' && value !== ''
  )
  // RFC 9457 with our extension `field`: the one field the sentence is about.
  const field = body['field']
  const fields = typeof field === 'string' && typeof text === 'string' ? { [field]: text } : {}
  return new ApiError(
    response.status,
    typeof body['code'] === 'string' ? body['code'] : String(response.status),
    typeof text === 'string' ? text : '',
    fields
  )
}

/** Requests over fetch, with the reader's cookie; for the browser only. */
export const browserTransport: Transport = async ({ method, path, body, idempotencyKey }) => {
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': document.documentElement.lang }
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
  const form = body instanceof FormData
  if (body !== undefined && !form) headers['content-type'] = 'application/json'
  const response = await fetch(path, {
    method,
    headers,
    credentials: 'same-origin',
    // A deletion may be on its way while the page is left.
    keepalive: method === 'DELETE',
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, link: response.headers.get('link'), body: parseJson(text) }
}

/** JSON, or null when a proxy answered something else. */
export function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return null
  }
}
