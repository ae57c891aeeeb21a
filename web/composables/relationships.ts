// Whom the reader follows or blocks among the people a page shows: one request per page, changed in place afterwards.
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import type { Relationship } from '../entities.ts'
import { usePage } from '../page-context.ts'
import { useErrorText } from './errors.ts'
import { useToasts } from './toasts.ts'

export type Relationships = Record<string, Relationship>

/** Relationships by account id; empty for anonymous readers. */
export function useRelationships(ids: () => string[]): ComputedRef<Relationships> {
  const { api, signedIn } = usePage()
  const { data } = useQuery(() => ({
    key: ['relationships', ids().join(',')],
    enabled: signedIn && ids().length > 0,
    query: async (): Promise<Relationships> => {
      const list = await api.get<Relationship[]>('/api/v1/accounts/relationships', { id: ids() })
      return Object.fromEntries(list.map((item) => [item.id, item]))
    }
  }))
  return computed(() => data.value ?? {})
}

export type RelationshipVerb = 'follow' | 'unfollow' | 'block' | 'unblock' | 'mute' | 'unmute' | 'endorse' | 'unendorse'

/** What a follow may be told besides (Mastodon's options of `follow`). */
export interface FollowOptions {
  notify?: boolean
  reblogs?: boolean
  languages?: string[]
}

/** Follows, mutes or blocks at once on screen; the server's answer has the last word. */
export function useRelationshipActions(): (accountId: string, verb: RelationshipVerb, options?: FollowOptions) => Promise<boolean> {
  const { api } = usePage()
  const cache = useQueryCache()
  const toasts = useToasts()
  const errorText = useErrorText()
  const change = (id: string, make: (item: Relationship) => Relationship): Relationship | undefined => {
    let before: Relationship | undefined
    for (const entry of cache.getEntries({ key: ['relationships'] })) {
      const map = entry.state.value.data as Relationships | undefined
      const item = map?.[id]
      if (!item) continue
      before = item
      cache.setQueryData(entry.key, { ...map, [id]: make(item) })
    }
    return before
  }
  return async (accountId, verb, options) => {
    const before = change(accountId, (item) => expected(item, verb, options))
    try {
      const answer = await api.send<Relationship>('POST', `/api/v1/accounts/${accountId}/${verb}`, options)
      change(accountId, () => answer)
      return true
    } catch (error) {
      if (before) change(accountId, () => before)
      toasts.show(errorText(error))
      return false
    }
  }
}

function expected(item: Relationship, verb: RelationshipVerb, options: FollowOptions | undefined): Relationship {
  if (verb === 'mute' || verb === 'unmute') return { ...item, muting: verb === 'mute' }
  if (verb === 'endorse' || verb === 'unendorse') return { ...item, endorsed: verb === 'endorse' }
  // Somebody who is followed already stays so: only how changes, as the answer says.
  if (verb === 'follow' && options !== undefined && item.following) return item
  if (verb === 'follow') return { ...item, requested: true }
  if (verb === 'unfollow') return { ...item, following: false, requested: false }
  if (verb === 'block') return { ...item, blocking: true, following: false, requested: false }
  return { ...item, blocking: false }
}
