// One attempt at one delivery: sign now, post, knock a second time with the other scheme when the signature was not understood.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { signingKey } from '../db/keys.ts'
import { postActivity } from './fetch.ts'
import { SYNC_HEADER, syncHeader } from './follower-digest.ts'
import { classOf, deservesSecondKnock, type AnswerClass } from './schedule.ts'
import { rememberScheme, signatureScheme } from './scheme.ts'
import { signRequest, type SignatureScheme } from './sign.ts'

export interface Letter {
  actorId: string
  inbox: string
  host: string
  body: Buffer
  /** Goes with what we believe about the receiver's followers (FEP-8fcf). */
  followersOnly: boolean
}

export interface Attempt {
  answer: AnswerClass
  /** Null when nobody answered. */
  status: number | null
  error: string | null
  retryAfterSeconds: number | null
}

/** Long answers are cut: enough to show an administrator why. */
const MAX_ERROR = 300

/** Never throws: whatever happens is an attempt with its class. */
export async function attempt(ctx: Ctx, letter: Letter): Promise<Attempt> {
  try {
    const scheme = await signatureScheme(ctx, letter.host)
    const first = await post(ctx, letter, scheme)
    if (!deservesSecondKnock(first.status)) return toAttempt(first)
    const other: SignatureScheme = scheme === 'cavage' ? 'rfc9421' : 'cavage'
    const second = await post(ctx, letter, other)
    if (classOf(second.status) === 'accepted') await rememberScheme(ctx, letter.host, other)
    return toAttempt(isOnlyAboutTheForm(second.status) ? first : second)
  } catch (error) {
    return failedAttempt(ctx, letter, error)
  }
}

/** What a second knock says about nothing but its form leaves the first answer standing; 202, 403 and 503 mean more. */
function isOnlyAboutTheForm(status: number): boolean {
  return status === 400 || status === 401
}

type PostAnswer = Awaited<ReturnType<typeof postActivity>>

async function post(ctx: Ctx, letter: Letter, scheme: SignatureScheme): Promise<PostAnswer> {
  const key = await signingKey(ctx, letter.actorId)
  const extra: Record<string, string> = letter.followersOnly ? { [SYNC_HEADER]: await syncHeader(ctx, letter.actorId, letter.host) } : {}
  const headers = await signRequest({ method: 'POST', url: letter.inbox, body: letter.body, ...key, scheme, date: ctx.clock.now(), extra })
  return postActivity(ctx, { inbox: letter.inbox, body: letter.body, headers })
}

function toAttempt({ status, text, retryAfterSeconds }: PostAnswer): Attempt {
  const answer = classOf(status)
  return {
    answer,
    status,
    retryAfterSeconds,
    error: answer === 'accepted' ? null : `${status} ${printable(text)}`.trim().slice(0, MAX_ERROR)
  }
}

function failedAttempt(ctx: Ctx, letter: Letter, error: unknown): Attempt {
  const failed = { status: null, retryAfterSeconds: null }
  if (isAppError(error, 'fetch.unreachable')) return { ...failed, answer: 'temporary', error: reason(error) }
  if (isAppError(error, 'fetch.refused') || isAppError(error, 'keys.missing')) return { ...failed, answer: 'refused', error: error.code }
  ctx.log.error({ err: error, inbox: letter.inbox }, 'an attempt to deliver failed in an unexpected way')
  return { ...failed, answer: 'temporary', error: reason(error) }
}

function reason(error: unknown): string {
  const { cause, message } = error as Error
  return printable(cause instanceof Error ? cause.message : message).slice(0, MAX_ERROR)
}

/** A peer's answer is stored and shown: no control characters, no zero byte (PostgreSQL refuses those). */
function printable(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ')
}
