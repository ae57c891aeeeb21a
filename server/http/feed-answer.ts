// How feeds are answered: kept for a moment by whoever wants, and not sent again to readers who have them already (RFC 9110 §13).
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import type { StatusRow } from '../db/status-parts.ts'
import { latestChange } from '../features/feeds/atom.ts'

/** Readers ask every few minutes at most; a cancelled event should not wait longer. */
const CACHE = 'public, max-age=120'

/** 304 when the reader names this very answer. */
export function sendFeed(request: FastifyRequest, reply: FastifyReply, type: string, body: string, rows: StatusRow[]): FastifyReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  const changed = latestChange(rows)
  reply.header('etag', etag).header('cache-control', CACHE)
  if (changed !== null) reply.header('last-modified', changed.toUTCString())
  // If-None-Match alone decides (RFC 9110 §13.2.2): a deletion changes the body, not the date of what is left.
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return reply.code(304).send()
  return reply.type(type).send(body)
}
