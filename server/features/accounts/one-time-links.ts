// Links that prove a mailbox: one use, an end, and only a keyed hash in the database.
import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { LinkPurpose, OneTimeLinkRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'

const HOUR_MS = 3_600_000

/** How long a link of each purpose lives, and the page it opens. Opening changes nothing: mail programs look at links too. */
const LINKS: Record<LinkPurpose, { liveMs: number; path: string }> = {
  confirm: { liveMs: 7 * 24 * HOUR_MS, path: '/confirmer' },
  reset: { liveMs: 2 * HOUR_MS, path: '/mot-de-passe/nouveau' },
  'change-email': { liveMs: 24 * HOUR_MS, path: '/confirmer' }
}

export interface OneTimeLink {
  url: string
  expiresAt: Date
}

/** Makes a link in the caller's transaction. The address is the only place where its secret stands. */
export async function createLink(
  ctx: Ctx,
  trx: Knex,
  { purpose, accountId, email }: { purpose: LinkPurpose; accountId: string; email: string }
): Promise<OneTimeLink> {
  const { liveMs, path } = LINKS[purpose]
  const secret = randomBytes(32).toString('base64url')
  const now = ctx.clock.now()
  const expiresAt = new Date(now.getTime() + liveMs)
  await trx('one_time_links').insert({
    token_hash: ctx.secrets.hash(secret),
    purpose,
    account_id: accountId,
    email,
    created_at: now,
    expires_at: expiresAt
  })
  return { url: `${requireSite(ctx).origin}${path}?jeton=${secret}`, expiresAt }
}

/** Uses a link up, with every other one of the same purpose and person. Throws link.invalid (422) when it is unknown, used or over. */
export async function consumeLink(ctx: Ctx, trx: Knex, token: string, purposes: LinkPurpose[]): Promise<OneTimeLinkRow> {
  const [link] = await trx<OneTimeLinkRow>('one_time_links')
    .where({ token_hash: ctx.secrets.hash(token.slice(0, 200)) })
    .whereIn('purpose', purposes)
    .where('expires_at', '>', ctx.clock.now())
    .delete()
    .returning('*')
  if (link === undefined) throw new AppError('link.invalid', 422, 'This link was used already or is too old.')
  await trx('one_time_links').where({ account_id: link.account_id, purpose: link.purpose }).delete()
  return link
}

/** Voids what lies in a person's mailboxes: after a change of password or address. */
export async function voidLinks(trx: Knex, accountId: string): Promise<void> {
  await trx('one_time_links').where({ account_id: accountId }).delete()
}
