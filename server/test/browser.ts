// A browser for tests of the HTTP API: keeps cookies, says where it is, speaks JSON. Uses inject(), no socket.
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'

export interface Browser {
  cookies: Map<string, string>
  request(options: InjectOptions): Promise<LightMyRequestResponse>
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object): Promise<LightMyRequestResponse>
  post(url: string, payload?: object): Promise<LightMyRequestResponse>
}

/** A browser on pages of this app: state-changing requests carry the Origin of `origin`. */
export function browserOf(app: FastifyInstance, origin = 'https://commune.test'): Browser {
  const cookies = new Map<string, string>()
  const browser: Browser = {
    cookies,
    request: async (options) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { host: new URL(origin).host, ...(cookie === '' ? {} : { cookie }), ...options.headers }
      const response = await app.inject({ ...options, headers })
      for (const { name, value } of response.cookies) {
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      return response
    },
    get: (url, headers = {}) => browser.request({ method: 'GET', url, headers }),
    send: (method, url, payload) => browser.request({ method, url, headers: { origin }, ...(payload === undefined ? {} : { payload }) }),
    post: (url, payload) => browser.send('POST', url, payload)
  }
  return browser
}
