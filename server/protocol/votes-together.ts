// One vote, several communes: asked by Invite, answered by Accept with the vote they opened, and their count read where they publish it, with
// their signature. Nothing of theirs is ever added to ours.
import { verify } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { readVoteResult, type SharedVoteResult } from '../core/vote-rules.ts'
import { moveChore } from '../db/chores.ts'
import type { ActorRow } from '../db/rows.ts'
import { findVote, type VoteProof, type VoteRow } from '../db/votes.ts'
import { communesOf, keepCount, type CommuneProblem, type VoteCommune } from '../db/votes-together.ts'
import { fetchDocument, newBudget } from './fetch.ts'
import { publish } from './outbox.ts'
import { getVerifyKey } from './verify-keys.ts'

export const TOGETHER_CHORE = 'votes-together'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Who has not counted by then will not. */
const PATIENCE_MS = 30 * DAY_MS

export interface AskedVote {
  /** The group or commune that holds the vote. */
  organiser: Pick<ActorRow, 'iri'>
  voteIri: string
  commune: Pick<ActorRow, 'iri'>
}

/** Asks a commune elsewhere to hold the same vote at home. Gives the id of the Invite. */
export async function sendVoteInvite(ctx: Ctx, trx: Knex, asked: AskedVote & { organiser: ActorRow }): Promise<string> {
  const { organiser, voteIri, commune } = asked
  const { iri } = await publish(ctx, trx, {
    actor: organiser,
    type: 'Invite',
    object: voteIri,
    ...privately(commune),
    extra: { target: commune.iri }
  })
  return iri
}

/** Takes the question back. */
export async function undoVoteInvite(ctx: Ctx, trx: Knex, asked: AskedVote & { organiser: ActorRow; inviteIri: string }): Promise<void> {
  const { organiser, commune, inviteIri } = asked
  await publish(ctx, trx, { actor: organiser, type: 'Undo', object: embedded(asked), objectIri: inviteIri, ...privately(commune) })
}

/** A commune of ours says yes, with the vote it opened, or no. */
export async function answerVoteInvite(
  ctx: Ctx,
  trx: Knex,
  answer: AskedVote & { commune: ActorRow; inviteIri: string; opened: string | null }
): Promise<void> {
  const { organiser, commune, inviteIri, opened } = answer
  await publish(ctx, trx, {
    actor: commune,
    type: opened === null ? 'Reject' : 'Accept',
    object: embedded(answer),
    objectIri: inviteIri,
    ...privately(organiser),
    ...(opened === null ? {} : { extra: { result: opened } })
  })
}

function embedded({ organiser, voteIri, commune, inviteIri }: AskedVote & { inviteIri: string }): Record<string, unknown> {
  return { id: inviteIri, type: 'Invite', actor: organiser.iri, object: voteIri, target: commune.iri }
}

/** Who is asked is nobody else's business until they say yes. */
function privately({ iri }: Pick<ActorRow, 'iri'>) {
  return { to: [iri], cc: [] as string[], visibility: 'direct' as const, personalInbox: true }
}

/** Their counts are looked for from the end of the vote on. */
export async function awaitCounts(trx: Knex, vote: Pick<VoteRow, 'object_id' | 'counts_at'>): Promise<void> {
  await moveChore(trx, { kind: TOGETHER_CHORE, subject: vote.object_id, dueAt: new Date(vote.counts_at.getTime() + MINUTE_MS) })
}

/** Chore `votes-together`: reads what the communes counted, until all have, or a month has gone by. */
export async function readCommunes(ctx: Ctx, voteId: string): Promise<Date | null> {
  const vote = await findVote(ctx.db, voteId)
  const object = await ctx.db('objects').where({ id: voteId }).whereNull('deleted_at').first<{ iri: string } | undefined>('iri')
  if (vote === undefined || object === undefined) return null
  const communes = (await communesOf(ctx.db, voteId)).filter(
    (one) => one.state === 'carried' && one.result === null && one.problem === null
  )
  for (const commune of communes) {
    const count = await readCount(ctx, { vote, voteIri: object.iri, commune })
    if (count !== null) await keepCount(ctx.db, commune, count)
  }
  const waiting = (await communesOf(ctx.db, voteId)).some((one) => one.state === 'carried' && one.result === null && one.problem === null)
  return waiting ? nextLook(vote, ctx.clock.now()) : null
}

function nextLook({ counts_at: counted }: VoteRow, now: Date): Date | null {
  const since = now.getTime() - counted.getTime()
  if (since > PATIENCE_MS) return null
  return new Date(now.getTime() + (since < HOUR_MS ? 5 * MINUTE_MS : since < DAY_MS ? HOUR_MS : 6 * HOUR_MS))
}

interface TheirVote {
  vote: VoteRow
  voteIri: string
  commune: VoteCommune
}
type Count = { result: SharedVoteResult['result']; proof: VoteProof } | { problem: CommuneProblem }

/** Null: they have not counted yet, or cannot be reached now. */
async function readCount(ctx: Ctx, { vote, voteIri, commune }: TheirVote): Promise<Count | null> {
  const read = await theirDocument(ctx, commune.vote_iri)
  if (read === 'gone') return { problem: 'gone' }
  const text = read?.['communer:result']
  if (text === undefined) return null
  const result = readVoteResult(text, { method: vote.method, options: vote.options.map(({ name }) => name) })
  if (result === null || result.vote !== commune.vote_iri || result.carries !== voteIri) return { problem: 'other' }
  const proof = await verified(ctx, commune, String(text), read!['communer:resultSignature'])
  return proof === null ? { problem: 'signature' } : { result: result.result, proof }
}

async function theirDocument(ctx: Ctx, iri: string | null): Promise<Record<string, unknown> | 'gone' | null> {
  if (iri === null) return 'gone'
  try {
    const { json } = await fetchDocument(ctx, iri, { budget: newBudget(3) })
    return json.type === 'Tombstone' ? 'gone' : json
  } catch (error) {
    if (isAppError(error, 'fetch.gone')) return 'gone'
    if (!isAppError(error)) throw error
    ctx.log.debug({ code: error.code, iri }, 'the count of another commune could not be read')
    return null
  }
}

/** The signature, when it is the commune's own over exactly this text. */
async function verified(
  ctx: Ctx,
  { actor_id: actorId, vote_iri: voteIri }: VoteCommune,
  document: string,
  signature: unknown
): Promise<VoteProof | null> {
  const { creator: keyId, signatureAlgorithm: algorithm, signatureValue } = (signature ?? {}) as Record<string, unknown>
  if (typeof keyId !== 'string' || algorithm !== 'rsa-sha256' || typeof signatureValue !== 'string') return null
  // A key of elsewhere is not theirs: nothing is asked for.
  if (!sameOrigin(keyId, voteIri)) return null
  const key = await getVerifyKey(ctx, keyId).catch((error: unknown) => {
    if (!isAppError(error)) throw error
    return null
  })
  if (key === null || key.actorId !== actorId || key.algorithm !== 'rsa') return null
  const holds = verify('sha256', Buffer.from(document, 'utf8'), key.publicKey, Buffer.from(signatureValue, 'base64'))
  return holds ? { document, keyId, algorithm, signature: signatureValue } : null
}
