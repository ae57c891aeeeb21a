// Which notifications are told by mail: a chore for each person, planned with the notification, so that a flood makes one mail.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

/** The chore that writes to one person; its subject is the account. */
export const NOTICE_CHORE = 'notice-mail'
/** Told by mail unless the person says otherwise: what asks for an answer or changes a plan. Never applause. */
export const MAILED_BY_DEFAULT = [
  'mention',
  'follow_request',
  'event_request',
  'event_join',
  'event_guest',
  'group_request',
  'event_invite',
  'group_invite',
  'event_accepted',
  'event_refused',
  'group_accepted',
  'group_refused',
  'group_joined',
  'event_cancelled',
  'event_postponed',
  'event_online',
  'event_moved',
  'event_deleted',
  'event_reminder',
  'vote_soon',
  'vote_closed',
  'vote_request',
  'vote_review',
  'idea_due',
  'idea_answered',
  'idea_project',
  'card_claim',
  'card_correction',
  'card_accepted',
  'card_refused',
  'card_given',
  'correction_accepted',
  'correction_refused',
  'card_merged',
  'proposal_amended',
  'amendment_decided',
  'proposal_decided',
  'task_given',
  'task_done',
  'task_soon',
  'task_late',
  'moderation_warning',
  'group_removed'
]
const MINUTE_MS = 60_000
/** Who is here reads it here: a mail waits this long. */
export const FIRST_LOOK_MS = 5 * MINUTE_MS
/** At least so long between two mails, by what the person chose. */
export const PACES = { soon: 15 * MINUTE_MS, day: 24 * 60 * MINUTE_MS, week: 7 * 24 * 60 * MINUTE_MS } as const

/** SQL: whether this person (`account`) wants this type by mail. Binds :mailed. */
export const wantsByMail = (account: string, type: string): string =>
  `(case when ${account}.preferences #> '{silenced,mail}' is null then ${type} = any(:mailed::text[])
     else not jsonb_exists(${account}.preferences #> '{silenced,mail}', ${type}) end)`

/** Plans mails about these notifications, in the caller's transaction. Nothing for an address nobody proved, or without a mail server. */
export async function planNoticeMails(ctx: Ctx, trx: Knex, notificationIds: string[]): Promise<void> {
  if (notificationIds.length === 0 || ctx.config.smtpUrl === null) return
  const now = ctx.clock.now()
  // A chore under way looks only at what was there when it began: it is to be done once more.
  await trx.raw(
    `insert into chores (kind, subject, due_at)
     select :kind, ac.id::text, greatest(:first::timestamptz, ac.notices_mailed_at +
       case ac.preferences ->> 'mailPace' when 'day' then interval '1 day' when 'week' then interval '7 days' else interval '15 minutes' end)
     from accounts ac
     where ac.status = 'active' and ac.confirmed_at is not null and coalesce(ac.preferences ->> 'mailPace', 'soon') <> 'never'
       and exists (select from notifications n where n.id = any(:ids::bigint[]) and n.owner_id = ac.actor_id and ${wantsByMail('ac', 'n.type')})
     on conflict (kind, subject) do update set due_at = case when chores.lease_until > :now::timestamptz then excluded.due_at
       else least(chores.due_at, excluded.due_at) end`,
    {
      kind: NOTICE_CHORE,
      first: new Date(now.getTime() + FIRST_LOOK_MS),
      now,
      ids: notificationIds,
      mailed: MAILED_BY_DEFAULT
    }
  )
}
