// The person somebody wants to invite, by what they typed.
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import type { ActorRow } from '../db/rows.ts'
import { resolveUri, type MayAsk } from './resolve.ts'

/** A person here by name, or anywhere by full handle. Throws invitee.unknown (404), and what `mayAsk` throws. */
export async function findInvitee(ctx: Ctx, text: string, mayAsk: MayAsk): Promise<ActorRow> {
  const typed = text.trim()
  const found = await resolveUri(ctx, typed.includes('@') || typed.includes('/') ? typed : `@${typed}`, mayAsk)
  if (found === null || !('actor' in found)) throw new AppError('invitee.unknown', 404, 'This person was not found.')
  return found.actor
}
