// What people say about themselves: the public profile (federated as Update) and private preferences.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { paragraphs, withLinks } from '../../core/plain-text.ts'
import { normaliseName } from '../../core/username.ts'
import type { AccountPreferences, AccountRow, ActorField, ActorImage, ActorRow } from '../../db/rows.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'

const MAX_NOTE = 2000
/** Mastodon shows four. */
const MAX_FIELDS = 4
const MAX_FIELD_LENGTH = 255

export interface ProfileInput {
  displayName?: string
  /** Plain text. */
  note?: string
  locked?: boolean
  discoverable?: boolean
  indexable?: boolean
  hideCollections?: boolean
  fields?: { name: string; value: string }[]
  /** Null: none any more. */
  icon?: ActorImage | null
  image?: ActorImage | null
}

/** Changes the public profile and tells the followers' servers. Without any change nothing is sent. Throws account.* (422). */
export async function updateProfile(ctx: Ctx, actor: ActorRow, input: ProfileInput): Promise<ActorRow> {
  const columns = profileColumns(input)
  if (Object.keys(columns).length === 0) return actor
  return await ctx.db.transaction(async (trx) => {
    if (input.fields !== undefined) {
      // What is typed here is a part of them; the rest comes from the details of the profile (details.ts).
      const now = await trx<ActorRow>('actors').where({ id: actor.id }).forUpdate().first('fields')
      const details = now!.fields.filter(({ detail }) => detail !== undefined)
      columns['fields'] = JSON.stringify([...profileFields(input.fields), ...details])
    }
    await trx('actors').where({ id: actor.id }).update(columns)
    if (input.note !== undefined) {
      await trx('accounts')
        .where({ actor_id: actor.id })
        .update({ preferences: trx.raw('preferences || ?::jsonb', [JSON.stringify({ note: input.note })]) })
    }
    await publishActorUpdate(ctx, trx, actor.id)
    return (await trx<ActorRow>('actors').where({ id: actor.id }).first())!
  })
}

/** Adds to the private preferences of an account. Returns the fresh row. */
export async function updatePreferences(ctx: Ctx, accountId: string, changes: Partial<AccountPreferences>): Promise<AccountRow> {
  const [row] = await ctx
    .db<AccountRow>('accounts')
    .where({ id: accountId })
    .update({ preferences: ctx.db.raw('preferences || ?::jsonb', [JSON.stringify(changes)]) } as never)
    .returning('*')
  return row!
}

/** Sets the language the person is spoken to in. */
export async function setLocale(ctx: Ctx, accountId: string, locale: 'fr' | 'en'): Promise<AccountRow> {
  const [row] = await ctx.db<AccountRow>('accounts').where({ id: accountId }).update({ locale }).returning('*')
  return row!
}

function profileColumns(input: ProfileInput): Record<string, unknown> {
  const columns: Record<string, unknown> = {}
  if (input.displayName !== undefined) columns['name'] = normaliseName(input.displayName)
  if (input.note !== undefined) columns['summary'] = noteHtml(input.note)
  if (input.locked !== undefined) columns['locked'] = input.locked
  if (input.discoverable !== undefined) columns['discoverable'] = input.discoverable
  if (input.indexable !== undefined) columns['indexable'] = input.indexable
  if (input.fields !== undefined) columns['fields'] = JSON.stringify(profileFields(input.fields))
  if (input.hideCollections !== undefined) columns['hide_collections'] = input.hideCollections
  if (input.icon !== undefined) columns['icon'] = input.icon === null ? null : JSON.stringify(input.icon)
  if (input.image !== undefined) columns['image'] = input.image === null ? null : JSON.stringify(input.image)
  return columns
}

function noteHtml(note: string): string {
  if (note.length > MAX_NOTE)
    throw new AppError('account.note', 422, 'A biography has at most 2000 characters.', { details: { field: 'note' } })
  return paragraphs(note)
}

function profileFields(fields: { name: string; value: string }[]): ActorField[] {
  const filled = fields
    .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
    .filter(({ name, value }) => name !== '' || value !== '')
  const tooLong = filled.some(({ name, value }) => name.length > MAX_FIELD_LENGTH || value.length > MAX_FIELD_LENGTH)
  if (filled.length > MAX_FIELDS || tooLong) {
    throw new AppError('account.fields', 422, 'A profile has at most 4 fields of 255 characters each.', { details: { field: 'fields' } })
  }
  return filled.map(({ name, value }) => ({ name, value: withLinks(value) }))
}

/** Public numbers of an actor, and how many people wait for an answer to their follow. */
export async function profileNumbers(
  ctx: Ctx,
  actorId: string
): Promise<{ statuses: number; followers: number; following: number; requests: number }> {
  const counts = await ctx
    .db('actor_stats')
    .where({ actor_id: actorId })
    .first<Record<'statuses' | 'followers' | 'following', number> | undefined>('statuses', 'followers', 'following')
  const row = await ctx.db('follows').where({ followed_id: actorId, state: 'pending' }).count<{ count: string }[]>({ count: '*' })
  return { ...(counts ?? { statuses: 0, followers: 0, following: 0 }), requests: Number(row[0]?.count ?? 0) }
}
