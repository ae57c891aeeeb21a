// A peer that only receives: a real HTTP server on the loopback that remembers what was posted and answers as the test says.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'

export interface Letter {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  json: Record<string, unknown>
}

export interface SinkAnswer {
  status: number
  headers?: Record<string, string>
  text?: string
}

export interface Sink {
  origin: string
  host: string
  letters: Letter[]
  /** How the next requests are answered; 202 unless told. A promise holds the request up. */
  answer: (letter: Letter, index: number) => SinkAnswer | Promise<SinkAnswer>
}

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

/** Starts a sink; it goes away with the test. */
export async function startSink(t: Teardown): Promise<Sink> {
  const letters: Letter[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const letter = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: JSON.parse(body || '{}') as Record<string, unknown>
      }
      letters.push(letter)
      void Promise.resolve(sink.answer(letter, letters.length - 1)).then(({ status, headers, text }) =>
        response.writeHead(status, headers).end(text)
      )
    })
  })
  const port = await listen(server)
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  const sink: Sink = { origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, letters, answer: () => ({ status: 202 }) }
  return sink
}

/** Ports that neither the system nor another test hands out by itself. */
async function listen(server: Server): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 7_000)
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (isFree) return port
  }
  throw new Error('No free port for a sink')
}
