// Groups, organizations and projects: made by people, run by their owners, with members in three roles.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { paragraphs } from '../../core/plain-text.ts'
import type { GroupKind, GroupOpenness, GroupPosting } from '../../core/roles.ts'
import { normaliseName, normaliseUsername } from '../../core/username.ts'
import { findMembership, insertGroup } from '../../db/memberships.ts'
import type { ActorImage, ActorRow, GroupRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { isUsernameTaken } from '../../db/usernames.ts'
import { createLocalActor, prepareKeys, publishActorUpdate } from '../../protocol/local-actors.ts'

/** Mobilizon refuses longer summaries (federation.md W19). */
const MAX_DESCRIPTION = 5000

export interface GroupInput {
  username: string
  name: string
  /** Plain text. */
  description?: string
  kind?: Exclude<GroupKind, 'commune'>
  openness?: GroupOpenness
  posting?: GroupPosting
}

export interface GroupChanges {
  name?: string
  description?: string
  openness?: GroupOpenness
  posting?: GroupPosting
  relayed?: boolean
  icon?: ActorImage
  image?: ActorImage
}

/** Creates a group; its creator is its first owner and follows it. Throws username.*, group.name, group.description (422). */
export async function createGroup(ctx: Ctx, creator: ActorRow, input: GroupInput): Promise<ActorRow> {
  const username = normaliseUsername(input.username)
  const name = checkName(input.name)
  const summary = descriptionHtml(input.description ?? '')
  const keys = await prepareKeys()
  const settings = { openness: input.openness ?? 'open', posting: input.posting ?? 'members' } as const
  const { origin } = requireSite(ctx)
  return await ctx.db
    .transaction(async (trx) => {
      if (await isUsernameTaken(trx, username)) throw usernameTaken()
      const group = await createLocalActor(ctx, trx, {
        type: 'Group',
        kind: input.kind ?? 'group',
        username,
        name,
        summary,
        group: settings,
        keys
      })
      await insertGroup(ctx, trx, { group, owner: creator, ...settings, origin })
      return group
    })
    .catch((error: unknown) => {
      // Two people took the name at the same instant: the unique index decided.
      throw (error as { constraint?: string }).constraint === 'actors_local_username' ? usernameTaken() : error
    })
}

/** Changes a group's profile or settings and tells its followers' servers. Throws permission.denied (403), group.* (422). */
export async function editGroup(ctx: Ctx, who: Who, group: ActorRow, changes: GroupChanges): Promise<ActorRow> {
  assertCan(who, 'group.edit', { membership: await findMembership(ctx.db, group.id, who.actorId) })
  const profile: Record<string, unknown> = {}
  if (changes.name !== undefined) profile['name'] = checkName(changes.name)
  if (changes.description !== undefined) profile['summary'] = descriptionHtml(changes.description)
  if (changes.icon !== undefined) profile['icon'] = JSON.stringify(changes.icon)
  if (changes.image !== undefined) profile['image'] = JSON.stringify(changes.image)
  const settings: Record<string, unknown> = {}
  if (changes.openness !== undefined) settings['openness'] = changes.openness
  if (changes.posting !== undefined) settings['posting'] = changes.posting
  if (changes.relayed !== undefined) settings['relayed'] = changes.relayed
  if (Object.keys(profile).length + Object.keys(settings).length === 0) return group
  return await ctx.db.transaction(async (trx) => {
    if (Object.keys(profile).length > 0) await trx('actors').where({ id: group.id }).update(profile)
    if (Object.keys(settings).length > 0) await trx('groups').where({ actor_id: group.id }).update(settings)
    await publishActorUpdate(ctx, trx, group.id)
    return (await trx<ActorRow>('actors').where({ id: group.id }).first())!
  })
}

/** A living local group, organization, project or the commune by username. Throws group.unknown (404). */
export async function getGroup(ctx: Ctx, username: string): Promise<{ actor: ActorRow; settings: GroupRow }> {
  const actor = await ctx
    .db<ActorRow>('actors')
    .where({ local: true, type: 'Group' })
    .whereRaw('lower(username) = ?', username.replace(/^@/, '').toLowerCase())
    .whereNull('deleted_at')
    .whereNull('suspended_at')
    .first()
  const settings = actor && (await ctx.db<GroupRow>('groups').where({ actor_id: actor.id }).first())
  if (actor === undefined || settings === undefined) throw new AppError('group.unknown', 404, 'This group does not exist.')
  return { actor, settings }
}

/** A living group of another server by row id. Throws group.not-found (404). */
export async function getGroupElsewhere(ctx: Ctx, id: string): Promise<ActorRow> {
  const group = await ctx.db<ActorRow>('actors').where({ id, local: false, type: 'Group', deleted_at: null, suspended_at: null }).first()
  if (group === undefined) throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  return group
}

/** A living group by row id, ours or elsewhere. Throws group.not-found (404). */
export async function getAnyGroup(ctx: Ctx, id: string): Promise<ActorRow> {
  const group = await ctx.db<ActorRow>('actors').where({ id, type: 'Group', deleted_at: null, suspended_at: null }).first()
  if (group === undefined) throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  return group
}

function checkName(text: string): string {
  const name = [...text.trim()].length > 100 ? '' : normaliseName(text)
  if (name === '') throw new AppError('group.name', 422, "A group's name has 1 to 100 characters.", { details: { field: 'name' } })
  return name
}

function descriptionHtml(text: string): string {
  const html = paragraphs(text)
  if (html.length > MAX_DESCRIPTION) {
    throw new AppError('group.description', 422, 'The description has at most 5000 characters.', { details: { field: 'description' } })
  }
  return html
}

function usernameTaken(): AppError {
  return new AppError('username.taken', 422, 'This username is already taken.', { details: { field: 'username' } })
}
