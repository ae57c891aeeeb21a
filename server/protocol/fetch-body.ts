// Reads an answer's body with a ceiling that counts what comes out of decompression. Never buffers more than the ceiling.
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError } from '../core/errors.ts'

/** The body. `encoding` is the Content-Encoding header. Throws fetch.invalid when it is too long or encoded in another way than one gzip. */
export async function readBody(body: Readable, encoding: string, maxBytes: number): Promise<Buffer> {
  // Destroying a body midway makes it emit an error: it is ours to throw, not the process's to die of.
  body.on('error', () => {})
  const stream = decoded(body, encoding.trim().toLowerCase())
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > maxBytes) {
      body.destroy()
      throw new AppError('fetch.invalid', 502, 'The other server answered with too much.', { details: { maxBytes } })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, total)
}

function decoded(body: Readable, encoding: string): Readable {
  if (encoding === '' || encoding === 'identity') return body
  if (encoding === 'gzip' || encoding === 'x-gzip') {
    // The error reaches the reader of the returned stream; the callback is only asked for by pipeline().
    return pipeline(body, createGunzip(), () => {})
  }
  body.destroy()
  throw new AppError('fetch.invalid', 502, 'The other server answered in an encoding we do not read.')
}
