// One question, several communes: asking them, answering what they ask, and what each counted.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Who } from '../../core/permission.ts'
import { isShared, readVoteRules } from '../../core/vote-rules.ts'
import { canPublishAs } from '../../db/memberships.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { findVote, holdVote, type VoteRow } from '../../db/votes.ts'
import {
  addCommune,
  closeRequest,
  communesOf,
  findRequest,
  removeAsked,
  waitingRequests,
  type VoteCommune,
  type VoteRequest
} from '../../db/votes-together.ts'
import { fetchDocument, newBudget } from '../../protocol/fetch.ts'
import { resolveHome, resolveUri, type MayAsk } from '../../protocol/resolve.ts'
import { answerVoteInvite, sendVoteInvite, undoVoteInvite } from '../../protocol/votes-together.ts'
import { openVote } from './open-vote.ts'
import { rightsOn } from './view.ts'

/** More would be a poll of the whole country. */
const MOST_COMMUNES = 30
/** They need time to open it, and their people to vote. */
const SHORTEST_MS = 60 * 60_000

/** Asks a commune elsewhere, by its address or handle, to hold this vote at home too. Throws vote.* (403, 404, 409, 422). */
export async function askCommune(ctx: Ctx, who: Who, voteId: string, typed: string, mayAsk: MayAsk): Promise<void> {
  if (!(await rightsOn(ctx, who, voteId)).conclude) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const { vote, object, organiser } = await askable(ctx, voteId)
  const commune = await findCommune(ctx, typed, mayAsk)
  if ((await communesOf(ctx.db, voteId)).length >= MOST_COMMUNES)
    throw new AppError('vote.communes-most', 422, `At most ${MOST_COMMUNES} communes.`, {
      details: { field: 'commune', max: MOST_COMMUNES }
    })
  await ctx.db.transaction(async (trx) => {
    await holdVote(trx, vote.object_id)
    const inviteIri = await sendVoteInvite(ctx, trx, { organiser, voteIri: object.iri, commune })
    const row = { vote_id: voteId, actor_id: commune.id, invite_iri: inviteIri, asked_at: ctx.clock.now() }
    if (!(await addCommune(trx, row)))
      throw new AppError('vote.commune-asked', 409, 'This commune was asked already.', { details: { field: 'commune' } })
  })
}

/** Takes the question back while it is unanswered. Throws permission.denied (403), vote.commune-answered (409). */
export async function unaskCommune(ctx: Ctx, who: Who, voteId: string, actorId: string): Promise<void> {
  if (!(await rightsOn(ctx, who, voteId)).conclude) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const { object, organiser } = await held(ctx, voteId)
  const commune = await findActor(ctx, actorId)
  await ctx.db.transaction(async (trx) => {
    const removed = await removeAsked(trx, voteId, actorId)
    if (removed === undefined || commune === null) throw new AppError('vote.commune-answered', 409, 'This commune has answered already.')
    await undoVoteInvite(ctx, trx, { organiser, voteIri: object.iri, commune, inviteIri: removed.invite_iri })
  })
}

interface HeldVote {
  vote: VoteRow
  object: ObjectRow
  organiser: ActorRow
}

async function held(ctx: Ctx, voteId: string): Promise<HeldVote> {
  const vote = await findVote(ctx.db, voteId)
  const object = await ctx.db<ObjectRow>('objects').where({ id: voteId, local: true }).whereNull('deleted_at').first()
  const organiser = vote === undefined ? null : await findActor(ctx, vote.organiser_id)
  if (vote === undefined || object === undefined || organiser === null) throw new AppError('vote.none', 404, 'This is not a vote.')
  return { vote, object, organiser }
}

async function askable(ctx: Ctx, voteId: string): Promise<HeldVote> {
  const found = await held(ctx, voteId)
  const { vote, object } = found
  if (vote.carries_iri !== null) throw new AppError('vote.carried', 422, 'Only the commune that put the question asks others.')
  if (object.visibility !== 'public' || !isShared(vote.electorate))
    throw new AppError('vote.not-shared', 422, 'Other communes can hold a public vote of residents only.')
  if (vote.closes_at.getTime() - ctx.clock.now().getTime() < SHORTEST_MS)
    throw new AppError('vote.too-late', 409, 'It is too late: the vote ends within the hour.')
  return found
}

/** By the address of its site, its handle or its page. */
async function findCommune(ctx: Ctx, typed: string, mayAsk: MayAsk): Promise<ActorRow> {
  const text = typed.trim().toLowerCase()
  const host = /^(?:https?:\/\/)?([a-z0-9.-]+\.[a-z0-9-]+)\/?$/.exec(text)?.[1]
  const known =
    host === undefined
      ? undefined
      : await ctx.db<ActorRow>('actors').where({ host, local: false, kind: 'commune', deleted_at: null }).first()
  const found = known ?? (await (host === undefined ? resolved(ctx, typed, mayAsk) : resolveHome(ctx, host, mayAsk)))
  const wrong = { details: { field: 'commune' } }
  if (found === null) throw new AppError('vote.commune-unknown', 404, 'This commune was not found.', wrong)
  if (found.local) throw new AppError('vote.commune-own', 422, 'The vote is held here already.', wrong)
  if (found.kind !== 'commune') throw new AppError('vote.not-commune', 422, 'This is not a commune with a Communer of its own.', wrong)
  return found
}

async function resolved(ctx: Ctx, typed: string, mayAsk: MayAsk): Promise<ActorRow | null> {
  const found = await resolveUri(ctx, typed, mayAsk)
  return found !== null && 'actor' in found ? found.actor : null
}

/** Whom the holder asked; others see those that said yes. */
export async function communesSeen(ctx: Ctx, who: Who | null, voteId: string): Promise<VoteCommune[]> {
  const all = await communesOf(ctx.db, voteId)
  if (all.length === 0) return []
  const sees = who !== null && (await rightsOn(ctx, who, voteId)).conclude
  return sees ? all : all.filter(({ state }) => state === 'carried')
}

/** What other communes ask of those this person publishes for. */
export async function requestsFor(ctx: Ctx, who: Who): ReturnType<typeof waitingRequests> {
  const communes: string[] = await ctx.db('actors').where({ local: true, kind: 'commune', deleted_at: null }).pluck('id')
  const mine: string[] = []
  for (const id of communes) if (await canPublishAs(ctx, who.actorId, id)) mine.push(id)
  return mine.length === 0 ? [] : waitingRequests(ctx, mine)
}

/**
 * Yes: opens the same vote here, by the rules as they stand where it was put; no: says so. Gives the vote opened.
 * Throws vote.* (403, 404, 409, 422, 502) and what opening a vote throws.
 */
export async function answerRequest(ctx: Ctx, author: ActorRow, id: string, accept: boolean): Promise<ObjectRow | null> {
  const request = await findRequest(ctx.db, id)
  const commune = request === undefined ? null : await findActor(ctx, request.commune_id)
  if (request === undefined || commune === null || !(await canPublishAs(ctx, author.id, commune.id)))
    throw new AppError('vote.no-request', 404, 'There is no such request.')
  const theirs = await ctx.db<ObjectRow>('objects').where({ id: request.object_id }).whereNull('deleted_at').first()
  const organiser = theirs === undefined ? null : await findActor(ctx, theirs.actor_id)
  if (theirs === undefined || organiser === null) throw new AppError('vote.no-request', 404, 'There is no such request.')
  const settle = async (trx: Knex, opened: ObjectRow | null): Promise<void> => {
    await settleRequest(ctx, trx, request, opened)
    const asked = { organiser, voteIri: theirs.iri, commune, inviteIri: request.iri }
    await answerVoteInvite(ctx, trx, { ...asked, opened: opened?.iri ?? null })
  }
  if (!accept) {
    await ctx.db.transaction((trx) => settle(trx, null))
    return null
  }
  const rules = await rulesOf(ctx, theirs.iri, organiser.iri)
  return openVote(ctx, author, { ...rules, as: commune.username, carriesIri: theirs.iri }, settle)
}

async function settleRequest(ctx: Ctx, trx: Knex, request: VoteRequest, opened: ObjectRow | null): Promise<void> {
  const answer = { state: opened === null ? 'declined' : 'carried', voteId: opened?.id ?? null, at: ctx.clock.now() } as const
  if (!(await closeRequest(trx, request.id, answer)))
    throw new AppError('vote.request-answered', 409, 'Somebody has answered this request already.')
  await trx('notifications').where({ type: 'vote_request', object_id: request.object_id }).delete()
}

/** The rules, read where the vote was put: what came by the way could have been changed. */
async function rulesOf(ctx: Ctx, voteIri: string, organiserIri: string) {
  const { json } = await fetchDocument(ctx, voteIri, { budget: newBudget(3) })
  const rules = json.attributedTo === organiserIri ? readVoteRules(json['communer:voteRules']) : null
  if (rules === null) throw new AppError('vote.rules-unread', 422, 'The rules of this vote cannot be followed here.')
  return rules
}
