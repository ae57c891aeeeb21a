// By which way a person hears of what: on the site, by mail, on their devices. Kept as the types they do not want, by channel.
import type { Ctx } from '../../context.ts'
import { MAILED_BY_DEFAULT } from '../../db/notice-mails.ts'
import type { AccountRow } from '../../db/rows.ts'

/** What people choose about, each with its types of notifications. */
export const KINDS = {
  mention: ['mention'],
  request: [
    'follow_request',
    'event_request',
    'event_join',
    'event_guest',
    'group_request',
    'card_claim',
    'card_correction',
    'proposal_amended'
  ],
  invite: ['event_invite', 'group_invite', 'task_given'],
  answer: [
    'event_accepted',
    'event_refused',
    'group_accepted',
    'group_refused',
    'group_joined',
    'idea_answered',
    'idea_project',
    'amendment_decided',
    'proposal_decided',
    'task_done',
    'card_accepted',
    'card_refused',
    'card_given',
    'correction_accepted',
    'correction_refused'
  ],
  change: ['event_cancelled', 'event_postponed', 'event_online', 'event_moved', 'event_deleted', 'card_merged'],
  reminder: ['event_reminder', 'idea_due', 'vote_soon', 'vote_review', 'vote_request', 'task_soon', 'task_late'],
  moderation: ['moderation_warning', 'group_removed'],
  post: ['status', 'update', 'poll', 'vote_closed'],
  reaction: ['favourite', 'reblog', 'quote'],
  follow: ['follow']
} as const
export type Kind = keyof typeof KINDS
export const KIND_NAMES = Object.keys(KINDS) as Kind[]
export const CHANNELS = ['site', 'mail', 'push'] as const
/** What moderation decides is always said on the site (DSA art. 17). */
const ALWAYS_ON_SITE: Kind = 'moderation'

export interface Channels {
  kinds: ({ name: Kind } & Record<(typeof CHANNELS)[number], boolean>)[]
  /** How often mails about them leave at most. */
  pace: 'soon' | 'day' | 'week' | 'never'
  /** The news of the commune and its agenda, once a week. */
  weekly: boolean
}

/** What the person chose, or what holds until they do. */
export function channelsOf({ preferences }: Pick<AccountRow, 'preferences'>): Channels {
  const { silenced = {}, mailPace = 'soon', weekly = false } = preferences
  const isOn = (channel: (typeof CHANNELS)[number], kind: Kind): boolean => {
    const types: readonly string[] = KINDS[kind]
    const off = silenced[channel]
    if (off === undefined) return channel !== 'mail' || types.some((type) => MAILED_BY_DEFAULT.includes(type))
    return types.some((type) => !off.includes(type))
  }
  return {
    kinds: KIND_NAMES.map((name) => ({ name, site: isOn('site', name), mail: isOn('mail', name), push: isOn('push', name) })),
    pace: mailPace,
    weekly
  }
}

/** Replaces all of it. */
export async function saveChannels(ctx: Ctx, account: Pick<AccountRow, 'id'>, { kinds, pace, weekly }: Channels): Promise<Channels> {
  const silenced = Object.fromEntries(
    CHANNELS.map((channel) => [
      channel,
      kinds.flatMap((kind) => (kind[channel] || (channel === 'site' && kind.name === ALWAYS_ON_SITE) ? [] : [...KINDS[kind.name]]))
    ])
  )
  return await change(ctx, account.id, { silenced, mailPace: pace, weekly })
}

/** The address of a mail's "no more of these": it needs no log-in and ends one kind of mail only (RFC 8058). */
export function unsubscribeToken(ctx: Ctx, account: Pick<AccountRow, 'id' | 'email'>, what: 'notices' | 'weekly'): string {
  return `${account.id}.${what}.${seal(ctx, account, what)}`
}

/** Ends what a token names; false when it is none of ours. Used twice, it changes nothing more. */
export async function unsubscribe(ctx: Ctx, token: string): Promise<boolean> {
  const match = /^([0-9]{1,19})\.(notices|weekly)\.([\w-]{20,60})$/.exec(token)
  if (match === null) return false
  const what = match[2] as 'notices' | 'weekly'
  const account = await ctx.db<AccountRow>('accounts').where({ id: match[1]! }).first()
  if (account === undefined || seal(ctx, account, what) !== match[3]) return false
  await change(ctx, account.id, what === 'weekly' ? { weekly: false } : { mailPace: 'never' })
  return true
}

function seal(ctx: Ctx, { id, email }: Pick<AccountRow, 'id' | 'email'>, what: string): string {
  return ctx.secrets.hash(`unsubscribe ${what} ${id} ${email}`).toString('base64url')
}

async function change(ctx: Ctx, accountId: string, changes: Partial<AccountRow['preferences']>): Promise<Channels> {
  const [row] = await ctx
    .db<AccountRow>('accounts')
    .where({ id: accountId })
    .update({ preferences: ctx.db.raw('preferences || ?::jsonb', [JSON.stringify(changes)]) } as never)
    .returning('*')
  return channelsOf(row!)
}
