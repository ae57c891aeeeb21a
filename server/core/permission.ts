// Who may do what, as one pure table. Callers load the rows; nothing here reads the database or the request.
import type { AccountRole, GroupPosting, MembershipRole, MembershipState } from './roles.ts'
import { AppError } from './errors.ts'

/** The person who asks. */
export interface Who {
  role: AccountRole
  actorId: string
}

/** What we know of the thing acted on; fields that do not matter for the action are left out. */
export interface Subject {
  /** Publisher of the object, or owner of the file. */
  ownerId?: string | null
  /** The person behind what a group publishes. */
  authorId?: string | null
  /** Membership of `who` in the group concerned. */
  membership?: { role: MembershipRole; state: MembershipState } | null
  posting?: GroupPosting
  /** One of several authors. */
  isCoauthor?: boolean
  /** Role of the person acted on; null for who has no account here. */
  ownerRole?: AccountRole | null
}

export type Action =
  | 'account.review'
  | 'site.edit'
  | 'site.read'
  | 'host.judge'
  | 'report.judge'
  | 'account.moderate'
  | 'group.create'
  | 'group.edit'
  | 'group.review'
  | 'group.publish'
  | 'object.edit'
  | 'object.delete'
  | 'object.reach'
  | 'event.organise'
  | 'media.edit'
  | 'resident.verify'
  | 'vote.conclude'
  | 'vote.paper'
  | 'card.edit'
  | 'idea.answer'
  | 'process.manage'
  | 'proposal.edit'
  | 'directory.edit'
  | 'federation.read'
  | 'federation.wake'
  | 'federation.forget'

const RULES: Record<Action, (who: Who, on: Subject) => boolean> = {
  'account.review': (who) => who.role === 'admin' || who.role === 'moderator',
  'site.edit': (who) => who.role === 'admin',
  'site.read': (who) => who.role === 'admin' || who.role === 'moderator',
  'host.judge': (who) => isModerator(who),
  'report.judge': (who) => isModerator(who),
  // A junior does not judge a senior (W25), and nobody judges themselves.
  'account.moderate': (who, on) => isModerator(who) && who.actorId !== on.ownerId && isAbove(who.role, on.ownerRole ?? 'member'),
  'group.create': () => true,
  'group.edit': (who, on) => isActive(on, ['owner']) || who.role === 'admin',
  'group.review': (who, on) => isActive(on, ['owner', 'moderator']) || who.role === 'admin',
  'group.publish': (_who, on) => isActive(on, on.posting === 'members' ? ['owner', 'moderator', 'member'] : ['owner', 'moderator']),
  'object.edit': (who, on) => isOwn(who, on) || isActive(on, ['owner', 'moderator']),
  'object.delete': (who, on) =>
    isOwn(who, on) || isActive(on, ['owner', 'moderator']) || (isModerator(who) && isAbove(who.role, on.ownerRole ?? 'member')),
  'object.reach': (who, on) => isOwn(who, on) || isActive(on, ['owner', 'moderator']),
  'event.organise': (who, on) => isOwn(who, on) || isActive(on, ['owner', 'moderator']),
  'resident.verify': (who) => isOfTownHall(who),
  // Cards are kept by whom they are of, and by the town hall.
  'card.edit': (who, on) => isOwn(who, on) || isActive(on, ['owner', 'moderator']) || isOfTownHall(who),
  'idea.answer': (who) => isOfTownHall(who),
  'process.manage': (who) => isOfTownHall(who),
  // Whose amendment was accepted is an author like the first one.
  'proposal.edit': (who, on) => isOwn(who, on) || on.isCoauthor === true || isActive(on, ['owner', 'moderator']),
  'vote.conclude': (who, on) => isOwn(who, on) || isActive(on, ['owner', 'moderator']),
  // Paper is entered by whoever looks after the organiser, and by the town hall's people.
  'vote.paper': (who, on) => isOfTownHall(who) || isActive(on, ['owner', 'moderator']),
  'directory.edit': (who) => isOfTownHall(who),
  'media.edit': (who, on) => who.actorId === on.ownerId,
  'federation.read': isModerator,
  'federation.wake': isModerator,
  'federation.forget': (who) => who.role === 'admin'
}

/** True when the person may do this. Unknown subjects are refused. */
export function can(who: Who | null, action: Action, on: Subject = {}): boolean {
  return who !== null && RULES[action](who, on)
}

/** Throws permission.denied (403) when the person may not do this. */
export function assertCan(who: Who | null, action: Action, on: Subject = {}): void {
  if (!can(who, action, on)) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
}

function isModerator(who: Who): boolean {
  return who.role === 'admin' || who.role === 'moderator'
}

function isOfTownHall(who: Who): boolean {
  return who.role === 'admin' || who.role === 'agent'
}

/** Administrators stand above all, other administrators included; moderators above members and agents. */
function isAbove(role: AccountRole, other: AccountRole): boolean {
  return role === 'admin' || (other !== 'admin' && other !== 'moderator')
}

function isActive(on: Subject, roles: MembershipRole[]): boolean {
  return on.membership?.state === 'active' && roles.includes(on.membership.role)
}

function isOwn(who: Who, on: Subject): boolean {
  return who.actorId === on.ownerId || who.actorId === on.authorId
}
