// Opening a vote in the name of a group or of the commune: the rules stand from now on.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { escapeHtml, MAX_TEXT_CHARACTERS, renderText, splitText } from '../../core/text.ts'
import { keepersOf } from '../../db/memberships.ts'
import { findActor, findPublisher } from '../../db/publishers.ts'
import { addRoomItem, roomsOf, type RoomRow } from '../../db/rooms.ts'
import { isShared, type SharedVoteRules } from '../../core/vote-rules.ts'
import type { ActorRow, ObjectRow, Poll } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { countElectors, insertVote } from '../../db/votes.ts'
import { placeUrn } from '../../db/votes-urn.ts'
import { canSee } from '../../db/visibility.ts'
import { text } from '../../locales/texts.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { scheduleVote } from '../../protocol/local-votes.ts'
import { joinProcess, processFor } from '../../protocol/processes.ts'
import { proposalToVote } from '../../protocol/proposals.ts'
import { assertMayActIn, assertRoomOpen, roomOrThrow } from '../../protocol/rooms.ts'
import { adding } from '../../vocab/dress.ts'
import { voteFields } from '../../vocab/vote.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { plainTitle } from '../../vocab/values.ts'
import { POLLED, readVote, type VoteInput, type VoteRules } from './input.ts'

export interface NewVoteInput extends VoteInput {
  /** Username of the group or commune that holds the vote. */
  as: string
  /** members: only the members of the group see it. */
  visibility?: 'public' | 'members'
  /** Row id of the idea or proposal it is about. */
  subjectId?: string | null
  /** IRI of the vote of another commune that this one carries. */
  carriesIri?: string | null
  /** Row id of the room it is held in; without one, that of what it is about, when its group holds the vote. */
  roomId?: string | null
  /** Row id of the process it is held in; without one, that of what it is about. */
  processId?: string | null
}

/** Among fewer electors a secret is none (CNIL 2019-053, security.md D18). */
const FEWEST_SECRET = 10
const MOST_NAMED = 2000

/**
 * Publishes a vote; `also` is done in the same transaction. Throws vote.* (422), group.* (403, 404), proposal.voting, proposal.not-open,
 * process.* (409).
 */
export async function openVote(
  ctx: Ctx,
  author: ActorRow,
  input: NewVoteInput,
  also: (trx: Knex, object: ObjectRow) => Promise<void> = async () => {}
): Promise<ObjectRow> {
  const room = await roomFor(ctx, input)
  const rules = readVote(ctx, room === null ? input : { ...input, ...electorsOf(room) })
  const title = plainTitle(input.title)
  if ([...title].length < 3 || [...title].length > 200)
    throw new AppError('vote.title', 422, 'A title has 3 to 200 characters.', { details: { field: 'title' } })
  const description = (input.description ?? '').trim()
  if ([...description].length > MAX_TEXT_CHARACTERS)
    throw new AppError('vote.too-long', 422, 'The text is too long.', { details: { field: 'description' } })
  const publisher = await findPublisher(ctx, author, input.as)
  if (publisher.type !== 'Group')
    throw new AppError('vote.organiser', 422, 'A vote is held by a group or by the commune.', { details: { field: 'as' } })
  if (room !== null && room.group_id !== publisher.id)
    throw new AppError('room.none', 422, 'This room was not found in this group.', { details: { field: 'room' } })
  const visibility = input.visibility ?? 'public'
  if (visibility === 'members' && rules.open_to_all)
    throw new AppError('vote.open-members', 422, 'What only members see cannot be answered by everybody.', {
      details: { field: 'openToAll' }
    })
  const subject = await findSubject(ctx, author, input.subjectId ?? null)
  const electors = await findElectors(ctx, input)
  const isPolled = rules.open_to_all && POLLED.includes(rules.method)
  const { splitDescription, hashtags } = readText(description)
  return ctx.db.transaction(async (trx) => {
    const process = await processFor(ctx, trx, { named: input.processId ?? null, from: subject?.id ?? null, act: 'vote' })
    const object = await createLocalObject(ctx, trx, {
      type: isPolled ? 'Question' : 'Page',
      kind: 'vote',
      publisher,
      author,
      visibility,
      parent: null,
      mentions: [],
      hashtags,
      contextIri: subject === null ? null : (contextOf(subject) ?? null),
      processIri: process?.iri ?? null,
      dress: adding(
        voteFields({
          method: rules.method,
          secret: rules.secret,
          closesAt: rules.closes_at,
          aboutIri: subject?.iri ?? null,
          rules: visibility === 'public' ? sharedRules(rules, { title, description, language: input.language ?? 'fr' }) : null,
          carriesIri: input.carriesIri ?? null
        })
      ),
      ...(isPolled ? { poll: pollOf(rules) } : {}),
      wording: {
        name: title,
        summary: null,
        content: contentOf(ctx, title, splitDescription, rules, input.language ?? 'fr'),
        source: description,
        language: input.language ?? 'fr',
        sensitive: false,
        attachments: []
      }
    })
    const row = {
      ...rules,
      object_id: object.id,
      subject_id: subject?.id ?? null,
      organiser_id: publisher.id,
      carries_iri: input.carriesIri ?? null,
      created_at: ctx.clock.now()
    }
    await insertVote(trx, row, electors)
    if (rules.secret) {
      if ((await countElectors(ctx, trx, row)) < FEWEST_SECRET)
        throw new AppError('vote.secret-few', 422, `Among fewer than ${FEWEST_SECRET} people no vote is secret.`, {
          details: { field: 'secret', fewest: FEWEST_SECRET }
        })
      await placeUrn(ctx, trx, object.id)
    }
    await scheduleVote(trx, row)
    if (room !== null) {
      await assertRoomOpen(trx, room.id)
      if (!(await keepersOf(trx, room.group_id)).includes(author.id)) await assertMayActIn(ctx, trx, room, author.id)
      await addRoomItem(trx, room.id, object.id)
    }
    if (process !== null) await joinProcess(ctx, trx, { process, object, byId: author.id })
    if (subject?.kind === 'proposal')
      await proposalToVote(ctx, trx, subject, { id: object.id, title, byId: author.id, organiserId: publisher.id })
    await also(trx, object)
    return object
  })
}

/** The room it is held in; null: none. Throws room.none (422). */
async function roomFor(ctx: Ctx, { roomId = null, subjectId = null, as }: NewVoteInput): Promise<RoomRow | null> {
  if (roomId !== null) return await roomOrThrow(ctx.db, roomId)
  const room = subjectId === null ? undefined : (await roomsOf(ctx.db, [subjectId])).get(subjectId)
  const group = room && (await findActor(ctx, room.group_id))
  return group?.username.toLowerCase() === as.replace(/^@/, '').toLowerCase() ? room! : null
}

/** In a room those vote who propose there, and nobody else, from here or elsewhere. */
function electorsOf({ functions }: RoomRow): Pick<NewVoteInput, 'electorate' | 'functions' | 'openToAll'> {
  return functions.length === 0 ? { electorate: 'members', openToAll: false } : { electorate: 'functions', functions, openToAll: false }
}

/** The rules as other communes read them (core/vote-rules.ts); null: only this group has such electors. */
function sharedRules(rules: VoteRules, words: Pick<SharedVoteRules, 'title' | 'description' | 'language'>): string | null {
  const { electorate, opens_at: opens, closes_at: closes, counts_at: counts, max_score: maxScore } = rules
  if (!isShared(electorate)) return null
  const { method, options, most, fewest, dots, share, base, quorum, secret, reason, results, changeable } = rules
  const counting = { method, options, most, fewest, maxScore, dots, share, base, quorum }
  const shared: SharedVoteRules = {
    ...words,
    ...counting,
    electorate,
    secret,
    reason,
    results,
    changeable,
    opensAt: opens.toISOString(),
    closesAt: closes.toISOString(),
    paperHours: Math.round((counts.getTime() - closes.getTime()) / 3_600_000)
  }
  return JSON.stringify(shared)
}

/** A poll of Mastodon with the answers of the public, and of nobody else. */
function pollOf(rules: VoteRules): Poll {
  return {
    multiple: rules.method === 'multiple' || rules.method === 'approval',
    options: rules.options.map(({ name }) => ({ name, votes: 0 })),
    voters: 0,
    endTime: rules.closes_at.toISOString(),
    closed: null,
    ...(rules.results === 'always' ? {} : { hideTotals: true })
  }
}

async function findSubject(ctx: Ctx, author: ActorRow, id: string | null): Promise<ObjectRow | null> {
  if (id === null) return null
  const row = await ctx.db<ObjectRow>('objects').where({ id }).whereNull('deleted_at').first()
  if (row === undefined || !(await canSee(ctx, ctx.db, row, { actorId: author.id })))
    throw new AppError('vote.subject', 422, 'What this vote is about was not found.', { details: { field: 'subjectId' } })
  return row
}

function contextOf(subject: ObjectRow): string | undefined {
  return typeof subject.doc['context'] === 'string' ? subject.doc['context'] : undefined
}

async function findElectors(ctx: Ctx, { electorate, electors = [] }: NewVoteInput): Promise<string[]> {
  if (electorate !== 'list') return []
  const names = [
    ...new Set(electors.map((handle) => handle.trim().replace(/^@/, '').split('@')[0]!.toLowerCase()).filter((name) => name !== ''))
  ]
  if (names.length === 0 || names.length > MOST_NAMED)
    throw new AppError('vote.electors', 422, 'Name at least one person who may vote.', { details: { field: 'electors' } })
  const { rows } = await ctx.db.raw<{ rows: { id: string; username: string }[] }>(
    `select a.id, lower(a.username) as username from actors a join accounts ac on ac.actor_id = a.id
     where a.local and a.type = 'Person' and a.deleted_at is null and lower(a.username) = any(:names::text[])`,
    { names }
  )
  const unknown = names.find((name) => !rows.some((row) => row.username === name))
  if (unknown !== undefined)
    throw new AppError('vote.elector-unknown', 422, `There is nobody called ${unknown} here.`, {
      details: { field: 'electors', name: unknown }
    })
  return rows.map(({ id }) => id)
}

function readText(description: string): { splitDescription: ReturnType<typeof splitText>; hashtags: string[] } {
  const parts = splitText(description)
  return { splitDescription: parts, hashtags: parts.flatMap((part) => (part.kind === 'tag' ? [part.name] : [])) }
}

/** What other servers show: the question, what is at stake, and the way to the ballot. */
function contentOf(ctx: Ctx, title: string, parts: ReturnType<typeof splitText>, rules: VoteRules, language: string): string {
  const { origin, name } = requireSite(ctx)
  const locale = language.startsWith('en') ? 'en' : 'fr'
  const description = parts.length === 0 ? '' : renderText(parts, { tagUrl: (tag) => tagUrl(origin, tag), mentionUrl: () => null })
  const key = rules.open_to_all ? 'vote.call.open' : 'vote.call.closed'
  return `<p><strong>${escapeHtml(title)}</strong></p>${description}<p>${escapeHtml(text(locale, key, { commune: name }))}</p>`
}
