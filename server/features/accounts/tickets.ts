// Between two steps of a log-in, or the question and the answer of a passkey: a short-lived secret the browser holds.
import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { LoginTicketRow } from '../../db/rows.ts'

const LIVES_MS = 5 * 60_000

interface NewTicket {
  purpose: LoginTicketRow['purpose']
  accountId: string | null
  challenge?: string
}

/** Makes a ticket; its secret is never seen again. */
export async function createTicket(ctx: Ctx, { purpose, accountId, challenge }: NewTicket): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  await ctx.db('login_tickets').insert({
    ticket_hash: ctx.secrets.hash(secret),
    purpose,
    account_id: accountId,
    challenge: challenge ?? null,
    expires_at: new Date(ctx.clock.now().getTime() + LIVES_MS)
  })
  return secret
}

/** The ticket, still usable afterwards. Throws ticket.expired (401). */
export async function readTicket(ctx: Ctx, trx: Knex, secret: string, purpose: LoginTicketRow['purpose']): Promise<LoginTicketRow> {
  const ticket = await trx<LoginTicketRow>('login_tickets')
    .where({ ticket_hash: ctx.secrets.hash(secret.slice(0, 200)), purpose })
    .where('expires_at', '>', ctx.clock.now())
    .first()
  if (ticket === undefined) throw new AppError('ticket.expired', 401, 'This took too long. Please start again.')
  return ticket
}

/** Uses a ticket up. Throws ticket.expired (401), also for the second of two at the same instant. */
export async function takeTicket(ctx: Ctx, trx: Knex, secret: string, purpose: LoginTicketRow['purpose']): Promise<LoginTicketRow> {
  const ticket = await readTicket(ctx, trx, secret, purpose)
  const taken = await trx('login_tickets').where({ ticket_hash: ticket.ticket_hash }).delete()
  if (taken === 0) throw new AppError('ticket.expired', 401, 'This took too long. Please start again.')
  return ticket
}
