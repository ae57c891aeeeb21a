// Headers that protect a browser from us being wrong (security.md W22, X12). Routes with other needs set their own afterwards.
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'

/** Content-Security-Policy of our pages. Remote images come through /media/proxy, so nothing is loaded from elsewhere (X11). */
export const PAGE_CSP = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'"],
  styleSrc: ["'self'"],
  // Vue sets element.style through the CSSOM, which CSP does not govern; the server writes style attributes only for positions.
  styleSrcAttr: ["'unsafe-inline'"],
  scriptSrc: ["'self'"],
  scriptSrcAttr: ["'none'"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"]
}

/** Sets the headers on every answer. HSTS only where the public address is https. */
export async function securityHeadersPlugin(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const origin = ctx.site?.origin ?? ctx.config.publicUrl ?? ''
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_CSP },
    // Documents and images of a federated server are meant to be read from elsewhere.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: origin.startsWith('https:') ? { maxAge: 31_536_000 } : false,
    xFrameOptions: { action: 'deny' }
  })
  app.addHook('onRequest', async (request, reply) => {
    // What one person may see is kept by no cache; routes that are the same for all say so themselves (V06).
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'private, no-store')
    reply.header('permissions-policy', 'camera=(), microphone=(), geolocation=(self), payment=(), usb=()')
  })
}
Object.assign(securityHeadersPlugin, { [Symbol.for('skip-override')]: true })
