// Rows → entities with everything they need loaded at once. What every route of posts and accounts ends with.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import type { Page } from '../../db/paging.ts'
import type { ListedActor } from '../../db/relationships.ts'
import { loadStatusParts, type StatusRow } from '../../db/status-parts.ts'
import { keptOf, tagHistory } from '../../db/tags.ts'
import { findStatus } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { linkPages, notFound } from './params.ts'
import { toAccount } from './serialise/account.ts'
import type { Account, Status, Tag } from './serialise/entities.ts'
import { toStatuses } from './serialise/status.ts'
import { toWholeTag } from './serialise/tag.ts'

/** Statuses of rows, in order: three queries whatever their number. */
export async function presentStatuses(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<Status[]> {
  return toStatuses(ctx, rows, await loadStatusParts(ctx, rows, viewer))
}

/** One status by id, as it is now. Throws 404 when it is not there for the viewer. */
export async function presentStatus(ctx: Ctx, id: string, viewer: Viewer): Promise<Status> {
  const row = await findStatus(ctx, id, viewer)
  const [status] = row === null ? [] : await presentStatuses(ctx, [row], viewer)
  if (status === undefined) throw notFound()
  return status
}

/** A page of a timeline, with its Link header. */
export async function presentPage(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  rows: StatusRow[],
  page: Page
): Promise<Status[]> {
  linkPages(
    ctx,
    request,
    reply,
    rows.map((row) => row.id),
    page
  )
  return presentStatuses(ctx, rows, { actorId: request.auth?.actor.id ?? null })
}

/** A page of accounts, with its Link header. */
export function presentAccounts(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, actors: ListedActor[], page: Page): Account[] {
  linkPages(
    ctx,
    request,
    reply,
    actors.map((actor) => actor.page_key),
    page
  )
  return actors.map((actor) => toAccount(ctx, actor, actor))
}

/** Hashtags with their history and how the viewer stands to them: three queries whatever their number. */
export async function presentTags(ctx: Ctx, tags: { tag: string; name: string }[], viewer: Viewer): Promise<Tag[]> {
  const keys = tags.map(({ tag }) => tag)
  const [history, followed, featured] = await Promise.all([
    tagHistory(ctx, keys),
    keptOf(ctx, 'tag_follows', viewer, keys),
    keptOf(ctx, 'featured_tags', viewer, keys)
  ])
  return tags.map((one) =>
    toWholeTag(ctx, one, {
      history: history.filter(({ tag }) => tag === one.tag),
      following: followed.has(one.tag),
      featuring: featured.has(one.tag)
    })
  )
}
