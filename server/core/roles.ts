// The closed lists of words for people's and groups' standing; rows, rules and documents share them. Types only.
export type AccountRole = 'member' | 'agent' | 'moderator' | 'admin'
export type AccountStatus = 'pending' | 'active' | 'disabled'
export type GroupKind = 'group' | 'organization' | 'project' | 'service' | 'place' | 'commune'
export type GroupOpenness = 'open' | 'moderated' | 'invite_only'
export type GroupPosting = 'members' | 'moderators'
export type MembershipRole = 'member' | 'moderator' | 'owner'
/** refused: by a group of another server; in ours a refusal leaves nothing. */
export type MembershipState = 'pending' | 'active' | 'refused'
