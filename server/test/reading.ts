// What a reader of Communer gets to see of a foreign document, as a few lines of text: for snapshots that people review. Long texts are
// cut, so that the lines say what was read without repeating it.
import type { Ctx } from '../context.ts'
import { textOfHtml } from '../core/html.ts'
import { isAppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { storeRemoteObject } from '../db/objects.ts'
import type { ActorRow } from '../db/rows.ts'
import { presentStatuses } from '../http/mastodon/present.ts'
import { getActorByIri, upsertRemoteActor } from '../protocol/actors.ts'
import { isActorType, isVote, normaliseActivity, normaliseObject, type NormObject } from '../protocol/normalise.ts'
import type { CorpusDocument } from './corpus.ts'

type Json = Record<string, unknown>

const SHOWN = 60

/** One line of at most sixty characters. */
export function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}… (${line.length})`
}

/** What is read of one document, as indented lines under its name. Throws what is no refusal of ours. */
export async function reading(ctx: Ctx, { name, json }: CorpusDocument): Promise<string> {
  let lines: string[]
  try {
    lines = await linesOf(ctx, json)
  } catch (error) {
    if (!isAppError(error)) throw error
    lines = [`REFUSED ${error.code}`]
  }
  return [name, ...lines.map((line) => `  ${line}`)].join('\n')
}

async function linesOf(ctx: Ctx, json: Json): Promise<string[]> {
  const type = String(Array.isArray(json.type) ? json.type[0] : json.type)
  if (isActorType(type)) return actorLines(await ctx.db.transaction((trx) => upsertRemoteActor(ctx, trx, json)))
  if (type.includes('Collection')) return collectionLines(json)
  if (json.object === undefined || json.actor === undefined) return objectLines(ctx, normaliseObject(json))
  const activity = normaliseActivity(json)
  const head = `${activity.type} by ${activity.actor}${activity.target === null ? '' : ` in ${activity.target}`}`
  const parts = await Promise.all(
    activity.objects.map(async (ref) => {
      if (ref.object === null)
        return [`about ${ref.type ?? ''} ${ref.id ?? ref.objectId ?? '?'}${ref.objectId === null ? '' : ` of ${ref.objectId}`}`]
      const addressed = ref.object.to.length + ref.object.cc.length > 0
      return objectLines(ctx, addressed ? ref.object : { ...ref.object, to: activity.to, cc: activity.cc })
    })
  )
  return [head, ...(activity.text === '' ? [] : [`says: ${short(activity.text)}`]), ...parts.flat()]
}

function actorLines(actor: ActorRow): string[] {
  return list({
    '': `${actor.type} ${actor.username}@${actor.domain}${actor.kind === null ? '' : ` (${actor.kind})`}`,
    name: actor.name,
    about: short(textOfHtml(actor.summary)),
    icon: actor.icon?.url,
    banner: actor.image?.url,
    fields: actor.fields.map((field) => `${field.name} = ${short(textOfHtml(field.value))}`).join('; '),
    link: actor.url,
    follows: actor.locked ? 'are asked' : 'are accepted',
    inbox: actor.shared_inbox ?? actor.inbox
  })
}

function collectionLines(json: Json): string[] {
  const items = [json.orderedItems ?? json.items ?? []].flat() as unknown[]
  return [
    `${String(json.type)} of ${String(json.totalItems ?? items.length)}, ${items.length} inside${json.first === undefined ? '' : ', in pages'}`
  ]
}

async function objectLines(ctx: Ctx, norm: NormObject): Promise<string[]> {
  if (norm.type === 'Tombstone') return [`Tombstone of ${norm.id}`]
  if (isVote(norm)) return [`vote for “${norm.name}” in ${norm.inReplyTo}`]
  if (norm.attributedTo === null) return [`${norm.type} ${norm.id} without author: ${norm.name ?? ''}`]
  const author = await authorOf(ctx, norm.attributedTo)
  const stored = await storeRemoteObject(ctx, ctx.db, norm, author)
  if (stored === null) return ['NOT STORED']
  const row = await ctx.db('objects').where({ id: stored.id }).first()
  const [status] = await presentStatuses(ctx, [row], { actorId: author.id })
  if (status === undefined) return ['NOT SHOWN']
  const { communer: more, poll } = status
  const origin = (url: string | null): string => url ?? '?'
  return list({
    '': `${more.type}${more.kind === null ? '' : ` (${more.kind})`} by ${status.account.acct}, ${more.visibility}, ${status.created_at}`,
    edited: status.edited_at,
    title: more.title === null ? null : short(more.title),
    warning: short(status.spoiler_text),
    text: short(textOfHtml(more.body)),
    markup: [...new Set([...more.body.matchAll(/<([a-z0-9]+)/g)].map((match) => match[1]))].join(' '),
    when: more.event === null ? null : `${more.event.start} – ${more.event.end ?? '?'} ${more.event.timezone} ${more.event.status}`,
    where: Object.values(more.event?.location ?? {})
      .filter(Boolean)
      .join(' · '),
    media: status.media_attachments
      .map((one) => `${one.type} ${origin(one.remote_url)}${one.description === null ? '' : ` “${short(one.description)}”`}`)
      .join('; '),
    links: row.attachments
      .filter((one: { type: string }) => one.type === 'Link')
      .map((one: { url: string }) => one.url)
      .join('; '),
    poll:
      poll === null
        ? null
        : `${poll.options.map((one) => `${one.title} ${one.votes_count ?? '?'}`).join(', ')}, until ${poll.expires_at ?? '?'}`,
    tags: status.tags.map((tag) => `#${tag.name}`).join(' '),
    mentions: norm.mentions.join(' '),
    emojis: status.emojis.map((emoji) => emoji.shortcode).join(' '),
    language: status.language,
    sensitive: status.sensitive ? 'yes' : null,
    answers: row.in_reply_to_iri,
    link: status.url
  })
}

/** The author as its document in the collection says, else as little as a row needs. */
async function authorOf(ctx: Ctx, iri: string): Promise<ActorRow> {
  const stored = await ctx.db<ActorRow>('actors').where({ iri }).first()
  if (stored !== undefined) return stored
  const { host, pathname } = new URL(iri)
  const username = pathname.split('/').filter(Boolean).at(-1) ?? host
  await ctx.db('actors').insert({
    id: newId(),
    iri,
    type: 'Person',
    local: false,
    username: username.replace(/^@/, ''),
    domain: host,
    host,
    inbox: `${iri}/inbox`,
    followers_iri: `${iri}/followers`,
    doc: JSON.stringify({ id: iri }),
    fetched_at: ctx.clock.now()
  })
  return getActorByIri(ctx, iri)
}

function list(facts: Record<string, string | null | undefined>): string[] {
  return Object.entries(facts).flatMap(([name, fact]) => (fact ? [name === '' ? fact : `${name}: ${fact}`] : []))
}
