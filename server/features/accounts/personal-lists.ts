// One's own lists as CSV in Mastodon's formats (its settings › export): what the archive holds and what may be downloaded alone.
import type { Ctx } from '../../context.ts'
import type { ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'

type Writer = (ctx: Ctx, actor: ActorRow) => Promise<string>

/** By the name of the file. */
const WRITERS = {
  'following_accounts.csv': async (ctx, { id }) => csv('Account address,Show boosts,Notify on new posts,Languages', await follows(ctx, id)),
  'followers.csv': async (ctx, { id }) =>
    csv('Account address', await people(ctx, 'follows', 'followed_id', 'follower_id', id, "l.state = 'accepted'")),
  'blocked_accounts.csv': async (ctx, { id }) => csv('Account address', await people(ctx, 'blocks', 'blocker_id', 'blocked_id', id)),
  'muted_accounts.csv': async (ctx, { id }) => csv('Account address,Hide notifications', await mutes(ctx, id)),
  'blocked_domains.csv': async (_ctx, actor) =>
    csv(
      null,
      actor.blocked_hosts.map((host) => [host])
    ),
  'bookmarks.csv': async (ctx, { id }) =>
    csv(
      null,
      (
        await ctx
          .db('bookmarks as b')
          .join('objects as o', 'o.id', 'b.object_id')
          .where({ 'b.actor_id': id })
          .whereNull('o.deleted_at')
          .orderBy('b.id', 'desc')
          .pluck<string[]>('o.iri')
      ).map((iri) => [iri])
    ),
  'lists.csv': async (ctx, { id }) => {
    const rows = await ctx
      .db('lists as li')
      .join('list_accounts as l', 'l.list_id', 'li.id')
      .join('actors as a', 'a.id', 'l.actor_id')
      .where({ 'li.owner_id': id })
      .orderBy(['li.id', 'a.id'])
      .select<(Handle & { title: string })[]>('li.title', 'a.username', 'a.domain')
    return csv(
      null,
      rows.map((row) => [row.title, handleOf(ctx, row)])
    )
  },
  'followed_tags.csv': async (ctx, { id }) =>
    csv(
      null,
      (await ctx.db('tag_follows').where({ actor_id: id }).orderBy('id').pluck<string[]>('name')).map((name) => [name])
    )
} satisfies Record<string, Writer>

export type PersonalList = keyof typeof WRITERS
export const PERSONAL_LISTS = Object.keys(WRITERS) as PersonalList[]

/** One list of somebody's own. */
export async function personalList(ctx: Ctx, actor: ActorRow, name: PersonalList): Promise<string> {
  return WRITERS[name](ctx, actor)
}

interface Handle {
  username: string
  domain: string | null
}

async function follows(ctx: Ctx, actorId: string): Promise<string[][]> {
  const rows = await ctx
    .db('follows as f')
    .join('actors as a', 'a.id', 'f.followed_id')
    .where({ 'f.follower_id': actorId, 'f.state': 'accepted' })
    .orderBy('f.id')
    .select<(Handle & { reblogs: boolean; notify: boolean; languages: string[] | null })[]>(
      'a.username',
      'a.domain',
      'f.reblogs',
      'f.notify',
      'f.languages'
    )
  return rows.map((row) => [handleOf(ctx, row), String(row.reblogs), String(row.notify), (row.languages ?? []).join(', ')])
}

async function people(ctx: Ctx, table: string, own: string, other: string, actorId: string, condition = 'true'): Promise<string[][]> {
  const rows = await ctx
    .db(`${table} as l`)
    .join('actors as a', 'a.id', `l.${other}`)
    .where({ [`l.${own}`]: actorId })
    .whereRaw(condition)
    .orderBy('a.id')
    .select<Handle[]>('a.username', 'a.domain')
  return rows.map((row) => [handleOf(ctx, row)])
}

async function mutes(ctx: Ctx, actorId: string): Promise<string[][]> {
  const rows = await ctx
    .db('mutes as l')
    .join('actors as a', 'a.id', 'l.muted_id')
    .where({ 'l.muter_id': actorId })
    .orderBy('a.id')
    .select<(Handle & { notifications: boolean })[]>('a.username', 'a.domain', 'l.notifications')
  return rows.map((row) => [handleOf(ctx, row), String(row.notifications)])
}

function handleOf(ctx: Ctx, { username, domain }: Handle): string {
  return `${username}@${domain ?? requireSite(ctx).accountDomain}`
}

function csv(header: string | null, rows: string[][]): string {
  const lines = rows.map((row) => row.map(cell).join(','))
  return [...(header === null ? [] : [header]), ...lines].map((line) => `${line}\n`).join('')
}

/** A cell that stays a text in every spreadsheet (E01). */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
