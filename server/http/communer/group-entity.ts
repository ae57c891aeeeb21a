// Groups and members as the native API shows them.
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import type { GroupView, MemberView } from '../../features/groups/present.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { plainText } from '../mastodon/serialise/account.ts'
import { MemberFunctionEntity } from './room-answers.ts'
import { Id, MastodonAccount, orNull } from './schemas.ts'

export const Kind = Type.Union(
  (['group', 'organization', 'project', 'service', 'place'] as const).map((kind) => Type.Literal(kind)),
  { description: 'service: of the town hall; place: a hall, a garden, a shop one can follow' }
)
export const Openness = Type.Union([Type.Literal('open'), Type.Literal('moderated'), Type.Literal('invite_only')])
export const Posting = Type.Union([Type.Literal('members'), Type.Literal('moderators')])
export const MemberRole = Type.Union([Type.Literal('member'), Type.Literal('moderator'), Type.Literal('owner')])

export const State = Type.Union([Type.Literal('active'), Type.Literal('pending'), Type.Literal('refused')])

export const Group = Type.Object(
  {
    id: Id,
    uri: Type.String(),
    url: Type.String(),
    username: Type.String(),
    name: Type.String(),
    kind: Type.String({ description: 'group, organization, project, service, place or commune' }),
    description: Type.String({ description: 'Plain text' }),
    description_html: Type.String(),
    account: MastodonAccount,
    openness: Openness,
    posting: Posting,
    relayed: Type.Boolean({ description: 'The commune announces what the group publishes, when its own settings do' }),
    members_count: Type.Integer(),
    pending_count: Type.Integer({ description: 'People who wait for an answer; 0 for those who cannot answer' }),
    role: orNull(MemberRole),
    state: orNull(State),
    can_publish: Type.Boolean(),
    can_edit: Type.Boolean()
  },
  { title: 'Group' }
)

export const Member = Type.Object(
  {
    account: MastodonAccount,
    role: MemberRole,
    functions: Type.Array(MemberFunctionEntity),
    state: Type.String(),
    created_at: Type.String()
  },
  { title: 'Member' }
)

export const Invitation = Type.Object({ account: MastodonAccount, created_at: Type.String() }, { title: 'GroupInvitation' })

/** The Group entity. */
export function presentGroup(ctx: Ctx, view: GroupView) {
  const account = toAccount(ctx, view.actor, view.counts)
  const isActive = view.state === 'active'
  const isStaff = isActive && view.role !== 'member'
  return {
    id: view.actor.id,
    uri: view.actor.iri,
    url: account.url,
    username: view.actor.username,
    name: view.actor.name,
    kind: view.actor.kind ?? 'group',
    description: plainText(view.actor.summary),
    description_html: view.actor.summary,
    account,
    openness: view.openness,
    posting: view.posting,
    relayed: view.relayed,
    members_count: view.membersCount,
    pending_count: isStaff ? view.pendingCount : 0,
    role: view.role,
    state: view.state,
    can_publish: isActive && (view.posting === 'members' || isStaff),
    can_edit: isActive && view.role === 'owner'
  }
}

/** The Member entity. */
export function presentMember(ctx: Ctx, view: MemberView) {
  return {
    account: toAccount(ctx, view.actor, null),
    role: view.role,
    functions: view.functions.map(({ name, since, until }) => ({ name, since, until })),
    state: view.state,
    created_at: view.since.toISOString()
  }
}
