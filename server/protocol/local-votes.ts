// Our own votes after they were opened: ballots written down, totals of the public told, the end, reminders. Who may vote was judged before;
// a ballot is never an object, and nothing about it is published or logged.
import { createHash, createSign } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { tally, type Tally } from '../core/tally/count.ts'
import { decide } from '../core/tally/decide.ts'
import { type Ballot } from '../core/tally/ballot.ts'
import { renderText, splitText } from '../core/text.ts'
import { moveChore, scheduleChores } from '../db/chores.ts'
import { signingKey } from '../db/keys.ts'
import { notify } from '../db/notifications.ts'
import { lockPoll, writePoll } from '../db/polls.ts'
import type { ActorRow, ObjectRow, Poll } from '../db/rows.ts'
import {
  closeVote,
  confirmedPapers,
  countElectors,
  findVote,
  holdVote,
  holdVoter,
  lockVote,
  markVoter,
  namedBallots,
  saveBallot,
  undecided,
  votersHere,
  type VoteClass,
  type VoteProof,
  type VoteResult,
  type VoteRow
} from '../db/votes.ts'
import { destroyUrn, hashReceipt, newReceipt, openUrn, putIntoUrn } from '../db/votes-urn.ts'
import { text } from '../locales/texts.ts'
import { pollFields } from '../vocab/question.ts'
import { resultFields } from '../vocab/vote.ts'
import { addressesOf, createLocalObject } from './local-objects.ts'
import { publish } from './outbox.ts'
import { proposalVoted } from './proposals.ts'
import { emit } from './reactions.ts'

export const VOTE_CLOSE_CHORE = 'vote-close'
export const VOTE_SOON_CHORE = 'vote-soon'
export const VOTE_TELL_CHORE = 'vote-tell'
export const VOTE_REVIEW_CHORE = 'vote-review'
/** Mastodon's own pace for totals. */
const TELLING_MS = 3 * 60_000
/** Where fewer voted, figures would tell how somebody did. */
export const FEWEST_SHOWN = 5

/** Writes down what has to be done about a new vote, and when. */
export async function scheduleVote(trx: Knex, vote: Pick<VoteRow, 'object_id' | 'counts_at' | 'reminds_at'>): Promise<void> {
  await scheduleChores(trx, [
    { kind: VOTE_CLOSE_CHORE, subject: vote.object_id, dueAt: vote.counts_at },
    ...(vote.reminds_at === null ? [] : [{ kind: VOTE_SOON_CHORE, subject: vote.object_id, dueAt: vote.reminds_at }])
  ])
}

export interface CastBallot {
  actorId: string
  class: VoteClass
  marks: Ballot
  reason: string
  /** The receipt of the ballot that this one replaces; secret votes only. */
  receipt?: string | undefined
}

export type CastRefusal = 'vote.already' | 'vote.receipt-needed' | 'vote.receipt-unknown'

/**
 * Writes a ballot into a vote the caller holds and has judged; the receipt of a secret one is given here and kept nowhere.
 * A secret ballot and its voter share the transaction and nothing else.
 */
export async function recordBallot(
  ctx: Ctx,
  trx: Knex,
  vote: VoteRow,
  ballot: CastBallot
): Promise<{ refused: CastRefusal } | { receipt: string | null; again: boolean }> {
  const first = await markVoter(trx, vote.object_id, ballot.actorId, ballot.class)
  if (!first && !vote.changeable) return { refused: 'vote.already' }
  if (!vote.secret) {
    await saveBallot(trx, vote.object_id, { ...ballot, at: ctx.clock.now() })
    if (ballot.class === 'public' && vote.results === 'always') await tellLater(ctx, trx, vote.object_id)
    return { receipt: null, again: !first }
  }
  if (!first && ballot.receipt === undefined) return { refused: 'vote.receipt-needed' }
  const receipt = newReceipt()
  const instead = first ? null : hashReceipt(ballot.receipt!)
  const isIn = await putIntoUrn(ctx, trx, vote.object_id, { hash: hashReceipt(receipt), marks: ballot.marks }, instead)
  return isIn ? { receipt, again: !first } : { refused: 'vote.receipt-unknown' }
}

/**
 * An answer from elsewhere to the question of a vote: counted among the public's alone, and only where it is open to all. Servers send one
 * answer a choice: where several may be chosen they add up, else the first one stands.
 */
export async function countPublicAnswer(
  ctx: Ctx,
  trx: Knex,
  voteId: string,
  { actorId, isChosen }: { actorId: string; isChosen: (name: string) => boolean }
): Promise<'voted' | 'unchanged' | 'vote-not-open'> {
  const vote = await holdVote(trx, voteId)
  const now = ctx.clock.now()
  const option = vote?.options.findIndex(({ name }) => isChosen(name)) ?? -1
  if (vote === undefined || option === -1 || !vote.open_to_all || vote.closed_at !== null || now < vote.opens_at || now >= vote.closes_at)
    return 'vote-not-open'
  const isFirst = await markVoter(trx, voteId, actorId, 'public')
  await holdVoter(trx, voteId, actorId)
  const [before] = isFirst ? [] : await namedBallots(trx, voteId, actorId)
  const addsUp = vote.method === 'multiple' || vote.method === 'approval'
  if (before !== undefined && (!addsUp || before.class !== 'public' || before.marks[option] !== null)) return 'unchanged'
  const marks = vote.options.map((_option, at) => (at === option ? 1 : (before?.marks[at] ?? null)))
  if (vote.most !== null && marks.filter((mark) => mark !== null).length > vote.most) return 'unchanged'
  await saveBallot(trx, voteId, { actorId, marks, reason: '', at: now })
  if (vote.results === 'always') await tellLater(ctx, trx, voteId)
  return 'voted'
}

/** One chore per vote and span of three minutes, as for polls. */
async function tellLater(ctx: Ctx, trx: Knex, voteId: string): Promise<void> {
  const span = Math.floor(ctx.clock.now().getTime() / TELLING_MS)
  await scheduleChores(trx, [{ kind: VOTE_TELL_CHORE, subject: `${voteId}.${span}`, dueAt: new Date((span + 1) * TELLING_MS) }])
}

/** Chore `vote-tell`: the totals of the public, and of nobody else, to everyone who got the question. */
export async function tellVoteTotals(ctx: Ctx, subject: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const vote = await findVote(trx, subject.split('.')[0]!)
    if (vote === undefined || vote.closed_at !== null) return
    const { others } = await countNow(trx, vote)
    await projectTotals(ctx, trx, vote, others, null)
  })
  return null
}

export interface LiveCount {
  electors: Tally
  others: Tally | null
}

/** The figures of an open vote as they stand: those on paper among the electors. */
export async function countNow(trx: Knex, vote: VoteRow): Promise<LiveCount> {
  const named = await namedBallots(trx, vote.object_id)
  const of = (name: VoteClass): Ballot[] => named.filter((ballot) => ballot.class === name).map(({ marks }) => marks)
  const papers = await confirmedPapers(trx, vote.object_id)
  return {
    electors: tally(vote.method, vote.options.length, [...of('elector'), ...papers]),
    others: vote.open_to_all ? tally(vote.method, vote.options.length, of('public')) : null
  }
}

/** Chore `vote-close`: counts once, signs, publishes; after an outage as well as on time. Crashing halfway leaves nothing done. */
export async function closeDueVote(ctx: Ctx, id: string): Promise<Date | null> {
  const known = await findVote(ctx.db, id)
  if (known === undefined || known.closed_at !== null) return null
  // Read before: no key is looked for inside the transaction.
  const key = await signingKey(ctx, known.organiser_id)
  return ctx.db.transaction(async (trx) => {
    const vote = await lockVote(trx, id)
    const object = await trx<ObjectRow>('objects').where({ id }).whereNull('deleted_at').first()
    if (vote === undefined || object === undefined || vote.closed_at !== null) return null
    if (ctx.clock.now() < vote.counts_at) return vote.counts_at
    const result = await resultOf(ctx, trx, vote)
    const document = signedText(vote, object, result)
    const signature = createSign('sha256').update(document).sign(key.privateKey, 'base64')
    const proof: VoteProof = { document, keyId: key.keyIri, algorithm: 'rsa-sha256', signature }
    await closeVote(trx, id, { at: vote.counts_at, result, proof })
    if (vote.secret) await destroyUrn(trx, id)
    await projectTotals(ctx, trx, { ...vote, closed_at: vote.counts_at }, result.others, proof)
    await announceResult(ctx, trx, vote, object, result)
    await proposalVoted(ctx, trx, vote, result.decision)
    const owners = new Set([...(object.author_id === null ? [] : [object.author_id]), ...(await votersHere(trx, id))])
    const news = await notify(
      ctx,
      trx,
      [...owners].map((ownerId) => ({ ownerId, type: 'vote_closed', fromId: vote.organiser_id, objectId: id }))
    )
    await emit(ctx, trx, [
      { kind: 'object-updated', ids: [id] },
      { kind: 'notified', ids: news.map((one) => one.id) }
    ])
    return null
  })
}

async function resultOf(ctx: Ctx, trx: Knex, vote: VoteRow): Promise<VoteResult> {
  const options = vote.options.length
  const papers = await confirmedPapers(trx, vote.object_id)
  const electorate = Math.max(await countElectors(ctx, trx, vote), papers.length)
  const sealed = vote.secret ? await openUrn(ctx, trx, vote.object_id) : null
  const named = vote.secret ? [] : await namedBallots(trx, vote.object_id)
  const online = sealed?.map(({ marks }) => marks) ?? named.filter(({ class: list }) => list === 'elector').map(({ marks }) => marks)
  const electors = tally(vote.method, options, [...online, ...papers])
  const others = vote.open_to_all
    ? tally(
        vote.method,
        options,
        named.filter(({ class: list }) => list === 'public').map(({ marks }) => marks)
      )
    : null
  const tooFew = vote.secret && electors.ballots < FEWEST_SHOWN
  // Beside the total, a small part shows the other part too.
  const hidePaper = papers.length === 0 || (vote.secret && (papers.length < FEWEST_SHOWN || online.length < FEWEST_SHOWN))
  const decision = decide(electors, vote, electorate)
  return {
    electorate,
    voted: electors.ballots,
    paper: papers.length,
    electors: tooFew ? null : electors,
    onPaper: hidePaper ? null : tally(vote.method, options, papers),
    decision: tooFew ? { ...decision, majority: null } : decision,
    others,
    ballots:
      sealed === null ? null : sealed.map(({ hash, marks }) => ({ hash, marks: tooFew || online.length < FEWEST_SHOWN ? null : marks }))
  }
}

/** What is signed: the question, the rule and the figures, as JSON with sorted keys and no spaces. */
function signedText(vote: VoteRow, object: ObjectRow, result: VoteResult): string {
  const { ballots, ...figures } = result
  return canonical({
    type: 'communer:VoteResult',
    vote: object.iri,
    ...(vote.carries_iri === null ? {} : { carries: vote.carries_iri }),
    question: object.name,
    method: vote.method,
    options: vote.options.map(({ name }) => name),
    electorate: vote.electorate,
    rule: { share: vote.share, base: vote.base, quorum: vote.quorum },
    secret: vote.secret,
    opened: vote.opens_at.toISOString(),
    closed: vote.closes_at.toISOString(),
    counted: vote.counts_at.toISOString(),
    result: figures,
    ballotsSha256: ballots === null ? null : hashOfBallots(ballots)
  })
}

/** SHA-256 of the published list: a line `hash marks` for each ballot, marks with commas and `-` for none, in the order of the hashes. */
export function hashOfBallots(ballots: NonNullable<VoteResult['ballots']>): string {
  const lines = ballots.map(({ hash, marks }) => `${hash} ${marks === null ? '' : marks.map((mark) => mark ?? '-').join(',')}`)
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

/** Read on the transaction's own connection: whoever waits for the vote may hold all others. */
async function organiserOf(trx: Knex, vote: VoteRow): Promise<ActorRow | null> {
  return (await trx<ActorRow>('actors').where({ id: vote.organiser_id }).first()) ?? null
}

/** Writes the public's totals into the Question and sends it; a vote that is no Question only when it closes. */
async function projectTotals(ctx: Ctx, trx: Knex, vote: VoteRow, others: Tally | null, proof: VoteProof | null): Promise<void> {
  const actor = await organiserOf(trx, vote)
  if (actor === null || actor.deleted_at !== null) return
  const held = await lockPoll(trx, vote.object_id)
  const object = held ?? (await trx<ObjectRow>('objects').where({ id: vote.object_id }).whereNull('deleted_at').first())
  if (object === undefined || (held === null && proof === null)) return
  const poll: Poll | null =
    held === null || others === null
      ? null
      : {
          ...held.poll,
          options: held.poll.options.map((option, at) => ({ ...option, votes: others.figures[at] ?? 0 })),
          voters: others.ballots,
          closed: vote.closed_at?.toISOString() ?? null
        }
  const closed = vote.closed_at === null ? {} : { closed: vote.closed_at.toISOString().replace(/\.\d+Z$/, 'Z') }
  const doc = { ...object.doc, ...(poll === null ? closed : pollFields(poll)), ...resultFields(proof) }
  if (poll !== null) await writePoll(trx, object.id, poll, doc)
  else
    await trx('objects')
      .where({ id: object.id })
      .update({ doc: JSON.stringify(doc) })
  const { to, cc } = addressesOf(object, [])
  await publish(ctx, trx, {
    actor,
    type: 'Update',
    object: doc,
    to,
    cc,
    visibility: object.visibility,
    alsoInboxesOf: object.iri,
    alsoVotersOf: object.id
  })
}

/** An answer under the vote that every server shows, in the words of the vote's language. */
async function announceResult(ctx: Ctx, trx: Knex, vote: VoteRow, object: ObjectRow, result: VoteResult): Promise<void> {
  const publisher = await organiserOf(trx, vote)
  if (publisher === null || publisher.deleted_at !== null) return
  await sayUnder(ctx, trx, object, publisher, publisher, resultWords(vote, object, result))
}

function resultWords(vote: VoteRow, object: ObjectRow, result: VoteResult): string {
  const locale = object.language?.startsWith('en') ? 'en' : 'fr'
  const { decision, electors, others } = result
  const say = (key: string, values: Record<string, string | number> = {}): string => text(locale, `vote.said.${key}`, values)
  const chosen = decision.options.map((option) => vote.options[option]!.name).join(', ')
  const figures = (counted: Tally): string => vote.options.map(({ name }, at) => `${name} : ${counted.figures[at]}`).join(' · ')
  return [
    say('title', { title: object.name ?? '' }),
    say(decision.outcome, { options: chosen }),
    say('voted', { voted: result.voted, electorate: result.electorate }),
    ...(electors === null ? [] : [say('electors', { figures: figures(electors) })]),
    ...(others === null || others.ballots === 0 ? [] : [say('others', { figures: figures(others), count: others.ballots })]),
    say('advisory'),
    object.url ?? ''
  ].join('\n')
}

/** Writes an answer in the name of the organiser. */
export async function sayUnder(
  ctx: Ctx,
  trx: Knex,
  object: ObjectRow,
  publisher: ActorRow,
  author: ActorRow,
  source: string
): Promise<void> {
  await createLocalObject(ctx, trx, {
    type: 'Note',
    publisher,
    author,
    visibility: object.visibility,
    parent: { object, actor: publisher, group: null },
    mentions: [],
    hashtags: [],
    wording: {
      name: null,
      summary: null,
      content: renderText(splitText(source), { tagUrl: () => '', mentionUrl: () => null }),
      source,
      language: object.language,
      sensitive: false,
      attachments: []
    }
  })
}

/** Chore `vote-soon`: to electors of this instance who have not voted. What is closed or gone reminds nobody. */
export async function remindUndecided(ctx: Ctx, id: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const vote = await findVote(trx, id)
    const object = await trx('objects').where({ id }).whereNull('deleted_at').first<{ id: string } | undefined>('id')
    if (vote === undefined || object === undefined || vote.closed_at !== null || ctx.clock.now() >= vote.closes_at) return
    const owners = await undecided(ctx, trx, vote)
    const told = await notify(
      ctx,
      trx,
      owners.map((ownerId) => ({ ownerId, type: 'vote_soon', fromId: vote.organiser_id, objectId: id }))
    )
    await emit(ctx, trx, [{ kind: 'notified', ids: told.map((one) => one.id) }])
  })
  return null
}

/** Plans the day a decision is looked at again. */
export async function scheduleReview(trx: Knex, voteId: string, at: Date): Promise<void> {
  await moveChore(trx, { kind: VOTE_REVIEW_CHORE, subject: voteId, dueAt: at })
}

/** Chore `vote-review`: to who concluded the vote. */
export async function remindReview(ctx: Ctx, id: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const vote = await findVote(trx, id)
    const object = await trx('objects').where({ id }).whereNull('deleted_at').first<{ author_id: string | null } | undefined>('author_id')
    if (vote === undefined || object === undefined || vote.review_on === null) return
    const owners = [...new Set([vote.outcome_by, object.author_id].filter((one): one is string => one !== null))]
    const told = await notify(
      ctx,
      trx,
      owners.map((ownerId) => ({ ownerId, type: 'vote_review', fromId: vote.organiser_id, objectId: id }))
    )
    await emit(ctx, trx, [{ kind: 'notified', ids: told.map((one) => one.id) }])
  })
  return null
}
