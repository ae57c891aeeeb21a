// What the reader asked not to see: the server says which filters match, here it is decided what that means on this page.
import { computed, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import type { FilterContext, Status } from '../entities.ts'

/** Where filters apply, by page; elsewhere one looks on purpose and sees everything. */
const CONTEXTS: Record<string, FilterContext> = {
  list: 'home',
  tag: 'public',
  notifications: 'notifications',
  post: 'thread',
  profile: 'account'
}

export interface Filtered {
  /** Titles of the filters that match. */
  titles: string
  isHidden: boolean
}

/** How filters change a message on this page, or null. */
export function useFiltered(status: () => Status): ComputedRef<Filtered | null> {
  const route = useRoute()
  return computed(() => {
    const context =
      route.name === 'wall'
        ? ['abonnements', 'groupes'].includes(String(route.query['fil']))
          ? 'home'
          : 'public'
        : CONTEXTS[String(route.name)]
    const found = (status().filtered ?? []).filter(({ filter }) => context !== undefined && filter.context.includes(context))
    if (found.length === 0) return null
    return {
      titles: found.map(({ filter }) => filter.title).join(', '),
      isHidden: found.some(({ filter }) => filter.filter_action === 'hide')
    }
  })
}
