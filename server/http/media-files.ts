// Serves pictures: our own files, remote ones through the proxy, and what stands in for a missing avatar. Only images, never a document.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import sharp from 'sharp'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { mediaPath } from '../features/media/files.ts'
import { readProxied } from '../features/media/proxy.ts'
import { LIMITS } from './plugins/rate-limit.ts'

const PUBLIC = { config: { public: true } }
// Names are random and contents never change under a name.
const FOREVER = 'public, max-age=31536000, immutable'
// A remote picture may be replaced under its address.
const A_DAY = 'public, max-age=86400'

/** Fastify plugin with /media/* and the placeholders Mastodon's entities name. */
export async function mediaFiles(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get<{ Params: { name: string } }>('/media/:name', PUBLIC, async (request, reply) => {
    const path = mediaPath(ctx, request.params.name)
    const file = path === null ? null : await open(path, 'r').catch(() => null)
    if (file === null) throw new AppError('media.unknown', 404, 'This image does not exist.')
    const { size } = await file.stat()
    await file.close()
    return safeHeaders(reply, 'image/webp', FOREVER).header('content-length', size).send(createReadStream(path!))
  })
  app.get<{ Params: { signature: string; url: string } }>(
    '/media/proxy/:signature/:url',
    { config: { public: true, rateLimit: LIMITS.proxy } },
    async (request, reply) => {
      const body = await readProxied(ctx, request.params.signature, request.params.url)
      return safeHeaders(reply, 'image/webp', A_DAY).send(body)
    }
  )
  const [avatar, header] = [placeholder(400, 400), placeholder(1500, 500)]
  app.get('/avatars/original/missing.png', PUBLIC, async (_request, reply) => safeHeaders(reply, 'image/png', A_DAY).send(await avatar))
  app.get('/headers/original/missing.png', PUBLIC, async (_request, reply) => safeHeaders(reply, 'image/png', A_DAY).send(await header))
}

/** Whatever the bytes are, a browser shows a picture or nothing (security.md M01). */
function safeHeaders(reply: FastifyReply, type: string, cache: string): FastifyReply {
  return reply
    .type(type)
    .header('cache-control', cache)
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('content-disposition', 'inline')
}

/** A plain surface in the colour of the design's quiet background. */
async function placeholder(width: number, height: number): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background: '#d9e2e7' } })
    .png({ palette: true, compressionLevel: 9 })
    .toBuffer()
}
