// Who a document is for: turns a visibility into `to` and `cc` as the fediverse reads them (federation.md §3.5, W4).

/** The one name of "everybody" that all peers understand. */
export const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

export interface Audience {
  visibility: 'public' | 'unlisted' | 'followers' | 'members' | 'direct' | 'local'
  /** Followers collection of the publishing actor. */
  followersIri: string
  /** The group it is said in (mode B), placed before Public. */
  groupIri?: string | null
  /** Followers collection of that group when it is ours. */
  groupFollowersIri?: string | null
  /** People named in the text, parent's author, the human behind a group… */
  mentions?: readonly string[]
  /** Remote members of the group, for `members`. */
  members?: readonly string[]
}

export interface Addressing {
  to: string[]
  cc: string[]
}

/** `to` and `cc`, always arrays, without doubles. `local` gives the group only: such documents are never sent. */
export function addressing(audience: Audience): Addressing {
  const group = audience.groupIri ? [audience.groupIri] : []
  const groupFollowers = audience.groupFollowersIri ? [audience.groupFollowersIri] : []
  const mentions = audience.mentions ?? []
  switch (audience.visibility) {
    case 'public':
      return distinct([...group, PUBLIC], [audience.followersIri, ...groupFollowers, ...mentions])
    case 'unlisted':
      return distinct([...group, audience.followersIri], [PUBLIC, ...groupFollowers, ...mentions])
    case 'followers':
      return distinct([audience.followersIri], mentions)
    case 'members':
      return distinct([...(audience.groupIri ? [`${audience.groupIri}/members`] : []), ...(audience.members ?? [])], [])
    case 'direct':
      return distinct(mentions, [])
    case 'local':
      return { to: group, cc: [] }
  }
}

function distinct(to: readonly string[], cc: readonly string[]): Addressing {
  const first = [...new Set(to)]
  return { to: first, cc: [...new Set(cc)].filter((iri) => !first.includes(iri)) }
}
