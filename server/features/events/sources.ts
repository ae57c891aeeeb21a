// Agendas of elsewhere in the name of a group or of the commune: adding, pausing, reading now, removing.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { hostOf } from '../../core/iri.ts'
import {
  addSource,
  changeSource,
  findSource,
  listSources,
  readAt,
  removeSource,
  type AgendaSourceRow,
  type ListedSource
} from '../../db/agenda-sources.ts'
import { findPublisher, membershipIn } from '../../db/publishers.ts'
import type { ActorRow } from '../../db/rows.ts'
import { agendaAddress, readAddress } from './read-address.ts'

/** More is a portal, not a village. */
const MAX_SOURCES = 20

/** The agendas announced in the name of this group. Throws group.not-found (404), permission.denied, group.publish-denied (403). */
export async function sourcesOf(ctx: Ctx, who: Who, author: ActorRow, username: string): Promise<ListedSource[]> {
  return await listSources(ctx, (await ownerOf(ctx, who, author, username)).id)
}

/**
 * Reads the address once, and announces from now on what it holds. Throws agenda.address, agenda.nothing, agenda.page, agenda.too-many
 * (422), agenda.known (409), fetch.*.
 */
export async function subscribe(
  ctx: Ctx,
  who: Who,
  author: ActorRow,
  { as, url, name, mayAsk }: { as: string; url: string; name?: string | undefined; mayAsk: () => Promise<void> }
): Promise<AgendaSourceRow> {
  const owner = await ownerOf(ctx, who, author, as)
  const address = agendaAddress(url)
  const others = await listSources(ctx, owner.id)
  if (others.some((one) => one.url === address)) throw known()
  if (others.length >= MAX_SOURCES)
    throw new AppError('agenda.too-many', 422, `A group announces at most ${MAX_SOURCES} agendas of elsewhere.`, {
      details: { max: MAX_SOURCES }
    })
  await mayAsk()
  const found = (await readAddress(ctx, address))!
  if (found.kind === 'page')
    throw new AppError('agenda.page', 422, 'This is the page of an event, not an agenda: import it as an event.', {
      details: { field: 'url' }
    })
  const added = await ctx.db.transaction(async (trx) => {
    const source = await addSource(ctx, trx, {
      owner_id: owner.id,
      added_by: author.id,
      url: address,
      kind: found.kind,
      name: (name?.trim() || found.name || hostOf(address) || address).slice(0, 200)
    })
    if (source === null) throw known()
    return source
  })
  ctx.queue.wake('chores')
  return added
}

/** Pauses or resumes it, or has it read now. Throws agenda.unknown (404), and as sourcesOf does. */
export async function changeSubscription(
  ctx: Ctx,
  who: Who,
  author: ActorRow,
  id: string,
  change: { state?: AgendaSourceRow['state'] | undefined; name?: string | undefined; readNow?: boolean | undefined }
): Promise<void> {
  const source = await ownSource(ctx, who, author, id)
  const name = change.name?.trim()
  await ctx.db.transaction(async (trx) => {
    if (change.state !== undefined)
      await changeSource(trx, id, {
        state: change.state,
        ...(change.state === 'active' ? { failures: 0, problem: null, added_by: author.id } : {})
      })
    if (name) await changeSource(trx, id, { name })
    const isActive = (change.state ?? source.state) === 'active'
    if (isActive && (change.readNow === true || source.state === 'paused')) {
      // Read whole, whatever its server calls this edition.
      await changeSource(trx, id, { edition: null })
      await readAt(trx, id, ctx.clock.now())
    }
  })
  ctx.queue.wake('chores')
}

/** What it announced stays. Throws as changeSubscription does. */
export async function unsubscribe(ctx: Ctx, who: Who, author: ActorRow, id: string): Promise<void> {
  await ownSource(ctx, who, author, id)
  await ctx.db.transaction((trx) => removeSource(trx, id))
}

async function ownSource(ctx: Ctx, who: Who, author: ActorRow, id: string): Promise<AgendaSourceRow> {
  const source = await findSource(ctx.db, id)
  const owner = source === null ? undefined : await ctx.db<ActorRow>('actors').where({ id: source.owner_id }).first()
  if (source === null || owner === undefined) throw new AppError('agenda.unknown', 404, 'Record not found')
  await ownerOf(ctx, who, author, owner.username)
  return source
}

/** Who moderates a group decides what it announces of others; that one may publish in its name is not enough. */
async function ownerOf(ctx: Ctx, who: Who, author: ActorRow, username: string): Promise<ActorRow> {
  const owner = await findPublisher(ctx, author, username)
  if (owner.type !== 'Group') throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  assertCan(who, 'group.review', { membership: await membershipIn(ctx, owner, author.id) })
  return owner
}

function known(): AppError {
  return new AppError('agenda.known', 409, 'This agenda is announced already.', { details: { field: 'url' } })
}
