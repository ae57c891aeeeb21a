// A citizen says something on the wall, alone or in the name of a group. Rules of what may be said; protocol/local-objects.ts writes it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ReplyPolicy } from '../../core/reply-policy.ts'
import { escapeHtml } from '../../core/text.ts'
import { attachUploads, findUploads } from '../../db/attachments.ts'
import { findPublisher } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow, QuotePolicy, Visibility } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { createLocalObject, type Wording } from '../../protocol/local-objects.ts'
import { scheduleEnd } from '../../protocol/local-polls.ts'
import { assertPhase } from '../../protocol/processes.ts'
import type { MayAsk } from '../../protocol/resolve.ts'
import { askForThread } from '../../protocol/threads.ts'
import { plainLine, plainTitle } from '../../vocab/values.ts'
import { newPoll, type PollInput } from './poll.ts'
import { findParent, narrowTo } from './parent.ts'
import { findQuoted, keepQuote } from './quote.ts'
import { assertMayReply } from './reply-policy.ts'
import { checkVisibility, findVenue, venueOfAnswer } from './venue.ts'
import { writeText } from './wording.ts'

export interface NoteInput {
  text: string
  visibility?: Visibility
  /** Row id of what it answers. */
  inReplyToId?: string
  spoilerText?: string
  sensitive?: boolean
  language?: string
  mediaIds?: string[]
  /** Username of a group or of the commune in whose name it is said. */
  as?: string
  /** Username (or name@host) of a group it is said in, as oneself. */
  group?: string
  /** Title, for groups whose software shows one; without it the first words stand for it there. */
  title?: string
  /** Same author and key: the first answer again, nothing new. */
  idempotencyKey?: string
  poll?: PollInput
  /** Row id of the post it quotes. */
  quotedId?: string
  quotePolicy?: QuotePolicy
  replyPolicy?: ReplyPolicy | null
}

/**
 * Publishes a Note, or a Question when it comes with a poll. Whom it mentions is looked up elsewhere as far as `mayAsk` lets; null asks nobody.
 * Throws post.*, poll.*, media.*, group.*, process.* (422, 404, 403, 409) in words for the citizen.
 */
export async function createNote(ctx: Ctx, author: ActorRow, input: NoteInput, mayAsk: MayAsk | null = null): Promise<ObjectRow> {
  const known = await findByKey(ctx.db, author, input.idempotencyKey)
  if (known !== null) return known
  const publisher = await findPublisher(ctx, author, input.as)
  const uploads = await findUploads(ctx.db, author.id, input.mediaIds ?? [])
  const parent = await findParent(ctx, author, input.inReplyToId)
  const venue = parent === null ? await findVenue(ctx, author, input.group) : null
  if (venue !== null && publisher.id !== author.id) throw new AppError('post.group-or-as', 422, 'Choose: in the group, or in its name.')
  if (parent !== null) await assertMayReply(ctx, author, publisher, parent)
  if (parent !== null && publisher.id === author.id) parent.group = await venueOfAnswer(ctx, author, parent)
  const written = await writeText(ctx, { ...input, language: input.language || 'fr' }, uploads, mayAsk)
  const poll = input.poll === undefined ? undefined : newPoll(ctx, input.poll)
  if (poll !== undefined && uploads.length > 0) throw new AppError('poll.no-images', 422, 'A poll cannot have images.')
  if (poll !== undefined && input.quotedId) throw new AppError('poll.no-quote', 422, 'A poll cannot quote a post.')
  if (written.wording.content === '' && !input.quotedId && (uploads.length === 0 || poll !== undefined))
    throw new AppError('post.empty', 422, 'Please write something, or add an image.')
  const quoted = await findQuoted(ctx, publisher, author, input.quotedId)
  const visibility = narrowTo(input.visibility ?? 'public', parent, publisher)
  checkVisibility(venue, visibility)
  if (visibility === 'members' && publisher.type !== 'Group' && venue === null && parent?.object.visibility !== 'members')
    throw new AppError('post.members-only', 422, 'Only a group can write for its members.')
  if (parent !== null && visibility !== 'direct' && publisher.id !== requireSite(ctx).communeActorId)
    await assertPhase(ctx, ctx.db, parent.object.root_id ?? parent.object.id, 'comment')
  try {
    const note = await ctx.db.transaction(async (trx) => {
      const draft = {
        ...(poll === undefined ? titled(input, venue, written.wording) : { type: 'Question', wording: written.wording }),
        publisher,
        author,
        visibility,
        parent,
        group: venue,
        mentions: written.mentions,
        hashtags: written.hashtags,
        ...(poll === undefined ? {} : { poll }),
        ...(quoted === null ? {} : { quote: { iri: quoted.object.iri, url: quoted.object.url, stampIri: quoted.stampIri } }),
        ...(input.quotePolicy === undefined ? {} : { quotePolicy: input.quotePolicy }),
        replyPolicy: input.replyPolicy ?? null
      }
      const row = await createLocalObject(ctx, trx, draft)
      if (quoted !== null) await keepQuote(ctx, trx, row, publisher, quoted)
      if (poll !== undefined) await scheduleEnd(trx, { id: row.id, local: true, poll })
      await attachUploads(
        trx,
        row.id,
        uploads.map((upload) => upload.id)
      )
      if (input.idempotencyKey)
        await trx('idempotency_keys').insert({
          actor_id: author.id,
          key: keyOf(input.idempotencyKey),
          object_id: row.id,
          created_at: ctx.clock.now()
        })
      return row
    })
    if (parent !== null) await askForThread(ctx, parent.object.id)
    return note
  } catch (error) {
    // The same request twice at the same instant: the second waited for the first, lost, and gets its object.
    const winner =
      (error as { constraint?: string }).constraint === 'idempotency_keys_pkey'
        ? await findByKey(ctx.db, author, input.idempotencyKey)
        : null
    if (winner === null) throw error
    return winner
  }
}

/** A titled post is a Page; so is every first post in a group elsewhere, whose software asks for a title (federation.md §3.6). */
function titled(input: NoteInput, venue: ActorRow | null, wording: Wording): { type: string; wording: Wording } {
  const title = plainTitle(input.title ?? '')
  if (venue === null || (title === '' && venue.local)) return { type: 'Note', wording }
  // A warning stays readable: a Page has no field for it.
  const warned = wording.summary === null ? wording : { ...wording, content: `<p>${escapeHtml(wording.summary)}</p>${wording.content}` }
  return { type: 'Page', wording: { ...warned, name: title === '' ? firstWords(wording.content) : title, summary: null } }
}

function firstWords(html: string): string {
  return plainTitle(plainLine(html)) || '…'
}

async function findByKey(db: Knex, author: ActorRow, key: string | undefined): Promise<ObjectRow | null> {
  if (!key) return null
  const row = await db<ObjectRow>('objects')
    .whereIn(
      'id',
      db('idempotency_keys')
        .where({ actor_id: author.id, key: keyOf(key) })
        .select('object_id')
    )
    .whereNull('deleted_at')
    .first()
  return row ?? null
}

/** Clients send UUIDs or hashes; anything longer is cut, not refused. */
function keyOf(key: string): string {
  return key.slice(0, 200)
}
