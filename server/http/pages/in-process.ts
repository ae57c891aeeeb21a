// The pages' way to the API while the server renders: the same routes, without a socket, with the reader's own cookie.
import type { FastifyRequest } from 'fastify'
import type { Transport } from '../../../web/api.ts'

/** Only reading: rendering a page never changes anything. */
export function inProcessTransport(request: FastifyRequest, lang: string): Transport {
  const { server, headers, ip, auth } = request
  return async ({ method, path }) => {
    if (method !== 'GET') throw new Error('a page may only read while it is rendered')
    const response = await server.inject({
      method: 'GET',
      url: path,
      remoteAddress: ip,
      headers: {
        accept: 'application/json',
        'accept-language': lang,
        host: headers.host ?? 'localhost',
        // A stranger's page is shared with other strangers: nothing of their cookies goes into it.
        ...(auth === null || headers.cookie === undefined ? {} : { cookie: headers.cookie })
      }
    })
    const link = response.headers.link
    return { status: response.statusCode, link: typeof link === 'string' ? link : null, body: parse(response.payload) }
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return null
  }
}
