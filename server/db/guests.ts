// People who come to an event without an account: their row, the link that is theirs alone, and the mails they get. No judgement about who may.
import { timingSafeEqual } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { isLocale, type Locale } from '../locales/texts.ts'
import type { MailKind } from '../locales/mail.ts'
import { eventLine } from '../vocab/fallback.ts'
import { insertMail } from './mails.ts'
import type { ObjectRow, ParticipationRow } from './rows.ts'
import { requireSite } from './site.ts'

export type GuestMail = Extract<MailKind, `guest-${string}`>

/** After this a mail about an event is no news. */
const MAIL_LIVES_MS = 7 * 86_400_000
/** How long an address may be proved. */
const CONFIRM_WITHIN_MS = 86_400_000

/** The secret of a registration: made of its id and the instance's key, so that no table holds it. */
export function guestToken(ctx: Ctx, id: string): string {
  return `${id}.${ctx.secrets.hash(`guest of an event ${id}`).toString('base64url')}`
}

/** The registration a link speaks of, or undefined when the secret is none of ours. */
export async function findByGuestToken(ctx: Ctx, trx: Knex, token: string): Promise<ParticipationRow | undefined> {
  const id = /^([0-9]{1,19})\./.exec(token)?.[1]
  if (id === undefined) return undefined
  const given = Buffer.from(token)
  const expected = Buffer.from(guestToken(ctx, id))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return trx<ParticipationRow>('participations').where({ id }).whereNull('actor_id').whereNotNull('guest_email').first()
}

export interface GuestWish {
  name: string
  email: string
  locale: Locale
  seats: number
  answers: Record<string, string>
  message: string
}

/** Writes a registration that waits for its address to be proved. What was confirmed before stays as it is. Index: participations_guest. */
export async function insertGuest(ctx: Ctx, trx: Knex, event: ObjectRow, wish: GuestWish): Promise<ParticipationRow> {
  const now = ctx.clock.now()
  const values = {
    state: 'unconfirmed',
    guest_name: wish.name,
    guest_locale: wish.locale,
    seats: wish.seats,
    answers: JSON.stringify(wish.answers),
    message: wish.message,
    created_at: now,
    answered_at: null
  }
  const [row] = (await trx('participations')
    .insert({ id: newId(now), object_id: event.id, guest_email: wish.email, ...values })
    .onConflict(trx.raw('(object_id, guest_email) where guest_email is not null') as never)
    .merge(values)
    .whereIn('participations.state', ['unconfirmed', 'left'])
    .returning('*')) as ParticipationRow[]
  return row ?? (await trx<ParticipationRow>('participations').where({ object_id: event.id, guest_email: wish.email }).first())!
}

/** Queues a mail to a guest, in the caller's transaction. Every one of them ends with the way to look at the registration and to give it back. */
export async function mailGuest(
  ctx: Ctx,
  trx: Knex,
  event: ObjectRow,
  row: ParticipationRow,
  kind: GuestMail,
  values: Record<string, string> = {}
): Promise<void> {
  if (row.guest_email === null) return
  const now = ctx.clock.now()
  const locale = row.guest_locale !== null && isLocale(row.guest_locale) ? row.guest_locale : 'fr'
  const { origin } = requireSite(ctx)
  await insertMail(ctx, trx, {
    accountId: null,
    recipient: row.guest_email,
    kind,
    locale,
    values: {
      // An address that is not proved may be anybody's: no word of who typed it reaches its mailbox.
      name: kind === 'guest-confirm' ? '' : (row.guest_name ?? ''),
      title: event.name ?? '',
      line: eventLine(event, locale),
      code: row.code === null ? '' : `${row.code.slice(0, 3)} ${row.code.slice(3)}`,
      seats: String(row.seats),
      link: kind === 'guest-deleted' ? `${origin}/agenda` : `${origin}/evenements/${event.id}/inscription?jeton=${guestToken(ctx, row.id)}`,
      ...values
    },
    expiresAt: new Date(now.getTime() + (kind === 'guest-confirm' ? CONFIRM_WITHIN_MS : MAIL_LIVES_MS))
  })
}

/** Mails every guest who comes or asks to. Index: participations_guest. */
export async function mailGuests(ctx: Ctx, trx: Knex, event: ObjectRow, kind: GuestMail, values?: Record<string, string>): Promise<void> {
  const rows = await trx<ParticipationRow>('participations')
    .where({ object_id: event.id })
    .whereNotNull('guest_email')
    .whereIn('state', ['accepted', 'pending'])
    .orderBy('id')
  for (const row of rows) await mailGuest(ctx, trx, event, row, kind, values)
}
