// What the commune's administrators tell everybody here at once: shown until its end, dismissed by each reader, answered with emoji. It stays on this
// instance.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { tell } from '../../db/live.ts'
import type { Viewer } from '../../db/visibility.ts'

const MAX_CONTENT = 5000
/** Different emoji on one announcement (Mastodon's own ceiling). */
const MAX_EMOJI = 8
const EMOJI = new RegExp('^(?:\\p{RGI_Emoji}|\\p{Extended_Pictographic}\\uFE0F?)$', 'v')

export interface AnnouncementRow {
  id: string
  content: string
  /** Not shown from then on. */
  ends_at: Date | null
  created_at: Date
  updated_at: Date
}

export interface Announcement extends AnnouncementRow {
  /** The viewer put it away. */
  read: boolean
  /** In the order they first came. */
  reactions: { name: string; count: number; me: boolean }[]
}

export interface AnnouncementInput {
  content: string
  endsAt: Date | null
}

/** What holds now, newest first: a handful. Those put away only when asked for. Plan: announcements, a table of some rows; primary keys. */
export async function currentAnnouncements(ctx: Ctx, viewer: Viewer, { withDismissed = true } = {}): Promise<Announcement[]> {
  const found = await withFacts(ctx, viewer, 'a.ends_at is null or a.ends_at > :now')
  return withDismissed ? found : found.filter(({ read }) => !read)
}

/** Everything ever announced and not taken back, for administrators, newest first. */
export async function allAnnouncements(ctx: Ctx): Promise<AnnouncementRow[]> {
  return ctx.db<AnnouncementRow>('announcements').orderBy('id', 'desc').limit(200)
}

/** One that holds now. Throws 404. */
export async function getAnnouncement(ctx: Ctx, viewer: Viewer, id: string): Promise<Announcement> {
  const found = (await currentAnnouncements(ctx, viewer)).find((one) => one.id === id)
  if (found === undefined) throw notFound()
  return found
}

/** Tells everybody. Throws announcement.content, announcement.end (422). */
export async function announce(ctx: Ctx, input: AnnouncementInput): Promise<AnnouncementRow> {
  const now = ctx.clock.now()
  const row = { id: newId(now), ...checked(ctx, input), created_at: now, updated_at: now }
  await ctx.db.transaction(async (trx) => {
    await trx('announcements').insert(row)
    await tell(trx, 'announced', [row.id])
  })
  return row
}

/** Changes it; who put it away sees it no more for that. Throws 404, announcement.* (422). */
export async function changeAnnouncement(ctx: Ctx, id: string, input: AnnouncementInput): Promise<AnnouncementRow> {
  const values = { ...checked(ctx, input), updated_at: ctx.clock.now() }
  return ctx.db.transaction(async (trx) => {
    const [row] = await trx<AnnouncementRow>('announcements').where({ id }).update(values).returning('*')
    if (row === undefined) throw notFound()
    await tell(trx, 'announced', [id])
    return row
  })
}

/** Takes it back. Throws 404. */
export async function takeBackAnnouncement(ctx: Ctx, id: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    if ((await trx('announcements').where({ id }).delete()) === 0) throw notFound()
    await tell(trx, 'announcement-deleted', [id])
  })
}

/** Puts it away, for one person. Throws 404. */
export async function dismissAnnouncement(ctx: Ctx, actorId: string, id: string): Promise<void> {
  await getAnnouncement(ctx, { actorId }, id)
  await ctx.db('announcement_reads').insert({ announcement_id: id, actor_id: actorId }).onConflict().ignore()
}

/** Answers with an emoji. Throws 404, announcement.emoji, announcement.too-many-emoji (422). */
export async function reactToAnnouncement(ctx: Ctx, actorId: string, id: string, name: string): Promise<void> {
  const { reactions } = await getAnnouncement(ctx, { actorId }, id)
  if (!EMOJI.test(name)) throw new AppError('announcement.emoji', 422, 'Validation failed: Name is not a recognized emoji')
  if (reactions.length >= MAX_EMOJI && !reactions.some((one) => one.name === name))
    throw new AppError('announcement.too-many-emoji', 422, 'Validation failed: Limit of different reactions reached')
  await ctx.db.transaction(async (trx) => {
    const row = { announcement_id: id, actor_id: actorId, name, created_at: ctx.clock.now() }
    await trx('announcement_reactions').insert(row).onConflict().ignore()
    await tell(trx, 'announcement-reacted', [`${id} ${name}`])
  })
}

/** Takes the answer back. Throws 404. */
export async function unreactToAnnouncement(ctx: Ctx, actorId: string, id: string, name: string): Promise<void> {
  await getAnnouncement(ctx, { actorId }, id)
  await ctx.db.transaction(async (trx) => {
    await trx('announcement_reactions').where({ announcement_id: id, actor_id: actorId, name }).delete()
    await tell(trx, 'announcement-reacted', [`${id} ${name}`])
  })
}

async function withFacts(ctx: Ctx, viewer: Viewer, condition: string): Promise<Announcement[]> {
  const found = await ctx.db.raw<{ rows: Announcement[] }>(
    `select a.*, exists (select 1 from announcement_reads r where r.announcement_id = a.id and r.actor_id = :me) as read,
       coalesce((select jsonb_agg(jsonb_build_object('name', e.name, 'count', e.count, 'me', e.me) order by e.first, e.name) from (
         select name, count(*) as count, min(created_at) as first, coalesce(bool_or(actor_id = :me), false) as me
         from announcement_reactions where announcement_id = a.id group by name) e), '[]') as reactions
     from announcements a where ${condition} order by a.id desc limit 50`,
    { me: viewer.actorId, now: ctx.clock.now() }
  )
  return found.rows
}

function checked(ctx: Ctx, { content, endsAt }: AnnouncementInput): { content: string; ends_at: Date | null } {
  const text = content.trim()
  if (text === '' || text.length > MAX_CONTENT)
    throw new AppError('announcement.content', 422, 'Please write the announcement, in at most 5,000 characters.', {
      details: { field: 'content' }
    })
  if (endsAt !== null && !(endsAt > ctx.clock.now()))
    throw new AppError('announcement.end', 422, 'Please choose a moment to come.', { details: { field: 'ends_at' } })
  return { content: text, ends_at: endsAt }
}

function notFound(): AppError {
  return new AppError('request.not-found', 404, 'Record not found')
}
