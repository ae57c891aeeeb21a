// Edits of our own objects: new words, the former ones kept, Update to everyone who got the original. Who may is decided before.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { sanitize } from '../core/html.ts'
import { findEvent, tellOfChange } from '../db/events.ts'
import { jsonForPostgres } from '../db/json.ts'
import { notify, notifyMentions } from '../db/notifications.ts'
import { quotedBy } from '../db/quotes.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { objectDocument, type QuoteLinks } from '../vocab/object.ts'
import { dressOf } from './kinds.ts'
import { passOnLocal } from './group-voice.ts'
import { addressesOf, audienceOfDoc, distinct, foldAll, tagsOf, type Wording } from './local-objects.ts'
import { wireAttachmentsOf } from './media-address.ts'
import { publish } from './outbox.ts'
import { askForTwins } from './event-twins.ts'
import { askForCards } from './preview-cards.ts'
import { interactionPolicyOf } from './interaction-policy.ts'
import { tellNotified } from './reactions.ts'

export interface LocalEdit {
  row: ObjectRow
  publisher: ActorRow
  wording: Wording
  mentions: ActorRow[]
  hashtags: string[]
  category?: string
  /** The words are the same, what stands beside them changed: no version is kept and nobody is bothered. */
  isStateOnly?: boolean
}

/** Replaces what a local object says; keeps the former text; sends Update to everyone who got the original. */
export async function updateLocalObject(ctx: Ctx, trx: Knex, edit: LocalEdit): Promise<ObjectRow> {
  const { row: stored, publisher, wording } = edit
  const { origin } = requireSite(ctx)
  const before = stored.updated ?? stored.published
  // Strictly later than the version before, whatever the clock says: peers drop the rest (W13).
  const updated = new Date(Math.max(ctx.clock.now().getTime(), before.getTime() + 1000))
  const mentioned = distinct([...(await storedMentions(trx, stored.id)), ...edit.mentions])
  const row: ObjectRow = {
    ...stored,
    ...wording,
    content_html: sanitize(wording.content),
    tags: tagsOf(origin, edit.hashtags, mentioned),
    updated
  }
  row.latitude = row.place?.latitude ?? null
  row.longitude = row.place?.longitude ?? null
  const { to, cc } = addressesOf(stored, edit.mentions)
  const authorIri = typeof stored.doc['actor'] === 'string' && stored.doc['actor'] !== publisher.iri ? stored.doc['actor'] : null
  const category = edit.category ?? (typeof stored.doc['category'] === 'string' ? stored.doc['category'] : undefined)
  const joining = stored.type === 'Event' ? await findEvent(trx, stored.id) : undefined
  row.doc = objectDocument(
    { ...row, attachments: wireAttachmentsOf(ctx, row) },
    {
      origin,
      actorIri: publisher.iri,
      authorIri,
      to,
      cc,
      groupIri: typeof stored.doc['audience'] === 'string' ? stored.doc['audience'] : null,
      contextIri: typeof stored.doc['context'] === 'string' ? stored.doc['context'] : null,
      event: { ...(category === undefined ? {} : { category }), ...(joining === undefined ? {} : { joining }) },
      quote: await storedQuote(trx, stored),
      dress: await dressOf(ctx, trx, stored),
      processIri: typeof stored.doc['communer:process'] === 'string' ? stored.doc['communer:process'] : null,
      interactionPolicy: interactionPolicyOf(row, publisher, typeof stored.doc['audience'] === 'string' ? stored.doc['audience'] : null),
      commentsEnabled: row.reply_policy !== 'nobody'
    }
  )
  if (edit.isStateOnly !== true) await keepVersion(trx, stored, before)
  await writeRow(trx, row, edit.hashtags)
  await addRecipients(trx, row.id, edit.mentions)
  await notifyMentions(ctx, trx, [row])
  await askForCards(ctx, trx, [row])
  await askForTwins(ctx, trx, [row])
  if (edit.isStateOnly !== true) await notifyBoosters(ctx, trx, row)
  await tellNotified(ctx, trx, await tellOfChange(ctx, trx, stored, row))
  const { body } = await publish(ctx, trx, {
    actor: publisher,
    type: 'Update',
    object: row.doc,
    to,
    cc,
    visibility: row.visibility,
    alsoInboxesOf: row.iri,
    ...audienceOfDoc(row)
  })
  if (row.group_id !== publisher.id) await passOnLocal(ctx, trx, row, body)
  return row
}

/** Where an object stands has changed, its words have not: everybody who got it learns of it. */
export async function publishState(ctx: Ctx, trx: Knex, row: ObjectRow, publisher: ActorRow): Promise<void> {
  const { name, summary, content, source, language, sensitive, attachments, place } = row
  await updateLocalObject(ctx, trx, {
    row,
    publisher,
    wording: { name, summary, content, source, language, sensitive, attachments, place },
    mentions: [],
    isStateOnly: true,
    hashtags: row.tags.flatMap((tag) => (tag.type === 'Hashtag' ? [tag.name.replace(/^#/, '')] : []))
  })
}

/** What it quotes stays; the stamp only while it stands. */
async function storedQuote(trx: Knex, stored: ObjectRow): Promise<QuoteLinks | null> {
  if (stored.doc['quote'] === undefined) return null
  const quoted = await quotedBy(trx, stored.id)
  return quoted === undefined ? null : { iri: quoted.iri, url: quoted.url, stampIri: quoted.state === 'accepted' ? quoted.stamp_iri : null }
}

async function storedMentions(trx: Knex, objectId: string): Promise<ActorRow[]> {
  return trx<ActorRow>('actors').whereIn('id', trx('object_recipients').where({ object_id: objectId, mention: true }).select('actor_id'))
}

async function addRecipients(trx: Knex, objectId: string, actors: ActorRow[]): Promise<void> {
  if (actors.length === 0) return
  const rows = actors.map((actor) => ({ object_id: objectId, actor_id: actor.id, mention: true }))
  await trx('object_recipients').insert(rows).onConflict(['object_id', 'actor_id']).ignore()
}

async function keepVersion(trx: Knex, stored: ObjectRow, at: Date): Promise<void> {
  await trx('object_edits')
    .insert({ object_id: stored.id, at, content_html: stored.content_html, summary: stored.summary, name: stored.name })
    .onConflict(['object_id', 'at'])
    .ignore()
}

async function writeRow(trx: Knex, row: ObjectRow, hashtags: string[]): Promise<void> {
  const {
    name,
    summary,
    content,
    content_html,
    source,
    language,
    sensitive,
    start_time,
    end_time,
    timezone,
    event_status,
    latitude,
    longitude,
    updated
  } = row
  await trx('objects')
    .where({ id: row.id })
    .update({
      name,
      summary,
      content,
      content_html,
      source,
      language,
      sensitive,
      start_time,
      end_time,
      timezone,
      event_status,
      latitude,
      longitude,
      updated,
      place: row.place === null ? null : jsonForPostgres(row.place),
      attachments: jsonForPostgres(row.attachments),
      tags: jsonForPostgres(row.tags),
      doc: jsonForPostgres(row.doc)
    })
  const tags = foldAll(hashtags)
  await trx('object_tags').where({ object_id: row.id }).whereNotIn('tag', tags).delete()
  if (tags.length > 0)
    await trx('object_tags')
      .insert(tags.map((tag) => ({ tag, object_id: row.id })))
      .onConflict(['tag', 'object_id'])
      .ignore()
}

/** Who passed it on learns that it says something else now, as on Mastodon (`update`). */
async function notifyBoosters(ctx: Ctx, trx: Knex, row: ObjectRow): Promise<void> {
  const boosters = await trx('objects')
    .where({ reblog_of_id: row.id })
    .whereNull('deleted_at')
    .limit(200)
    .select<{ actor_id: string }[]>('actor_id')
  await notify(
    ctx,
    trx,
    boosters.map(({ actor_id: ownerId }) => ({ ownerId, type: 'update', fromId: row.author_id ?? row.actor_id, objectId: row.id }))
  )
}
