// Serves pictures: our own files, remote ones through the proxy, and what stands in for a missing avatar. Only images, never a document.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import sharp from 'sharp'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { coversScope } from '../core/scopes.ts'
import { ANYONE, type Viewer } from '../db/visibility.ts'
import { accessTo } from '../features/media/access.ts'
import { mediaPath } from '../features/media/files.ts'
import { readProxied } from '../features/media/proxy.ts'
import type { Seal } from '../protocol/media-address.ts'
import { LIMITS } from './plugins/rate-limit.ts'

const PUBLIC = { config: { public: true } }
// Names are random and contents never change under a name.
const FOREVER = 'public, max-age=31536000, immutable'
// A remote picture may be replaced under its address.
const A_DAY = 'public, max-age=86400'
// Pictures of private posts are for one reader, and now (security.md V05).
const NEVER = 'private, no-store'

type Named = { Params: { name: string } }
type Sealed = { Querystring: { until?: unknown; seal?: unknown } }

/** Fastify plugin with /media/* and the placeholders Mastodon's entities name. */
export async function mediaFiles(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get<Named & Sealed>('/media/:name', PUBLIC, async (request, reply) => {
    const { name } = request.params
    const access = await accessTo(ctx, name, viewerOf(request), sealFrom(request.query))
    const path = access === null ? null : mediaPath(ctx, name)
    const file = path === null ? null : await open(path, 'r').catch(() => null)
    if (file === null) throw new AppError('media.unknown', 404, 'This image does not exist.')
    const { size } = await file.stat()
    await file.close()
    safeHeaders(reply, 'image/webp', access === 'public' ? FOREVER : NEVER).header('content-length', size)
    return reply.send(createReadStream(path!))
  })
  app.get<{ Params: { signature: string; url: string } } & Sealed>(
    '/media/proxy/:signature/:url',
    { config: { public: true, rateLimit: LIMITS.proxy } },
    async (request, reply) => {
      const until = endOf(request.query)
      const body = await readProxied(ctx, request.params.signature, request.params.url, until)
      return safeHeaders(reply, 'image/webp', until === null ? A_DAY : NEVER).send(body)
    }
  )
  const [avatar, header] = [placeholder(400, 400), placeholder(1500, 500)]
  app.get('/avatars/original/missing.png', PUBLIC, async (_request, reply) => safeHeaders(reply, 'image/png', A_DAY).send(await avatar))
  app.get('/headers/original/missing.png', PUBLIC, async (_request, reply) => safeHeaders(reply, 'image/png', A_DAY).send(await header))
}

/** Who asks, if they may read posts at all: the pages' cookie, or an app's token. */
function viewerOf({ auth }: FastifyRequest): Viewer {
  return auth !== null && coversScope(auth.scopes, 'read:statuses') ? { actorId: auth.actor.id } : ANYONE
}

function sealFrom(query: Sealed['Querystring']): Seal | null {
  const until = endOf(query)
  return until === null || typeof query.seal !== 'string' ? null : { until, seal: query.seal }
}

/** The end an address names; null when it names none. What is no number has ended. */
function endOf({ until }: Sealed['Querystring']): number | null {
  if (until === undefined) return null
  return typeof until === 'string' && /^[0-9]{1,15}$/.test(until) ? Number(until) : 0
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
