// Who may answer a post, as its author chose. Pure.

/** members: of the group it is said in, else the people of this instance; nobody: its author alone. Null: everyone it reaches. */
export type ReplyPolicy = 'members' | 'nobody'
export const REPLY_POLICIES = ['everyone', 'members', 'nobody'] as const

export interface Answerer {
  isAuthor: boolean
  isLocal: boolean
  /** Of the group it is said in. */
  isMember: boolean
}

/** True when this one may answer. `inGroup`: the post is said in a group or by one. */
export function mayReply(policy: ReplyPolicy | null, inGroup: boolean, { isAuthor, isLocal, isMember }: Answerer): boolean {
  if (policy === null || isAuthor) return true
  return policy === 'members' && (inGroup ? isMember : isLocal)
}
