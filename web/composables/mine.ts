// Whether the reader may act on a message as its own: the author, the person behind a group's words, who runs the group.
import { computed, type ComputedRef } from 'vue'
import type { Status } from '../entities.ts'
import { useMe } from './me.ts'

/** True when the server will tell the reader where this message went (core/permission.ts: object.reach). */
export function useOwnership(status: () => Status): ComputedRef<boolean> {
  const { me, groups } = useMe()
  return computed(() => {
    if (me.value === null) return false
    const { account, communer } = status()
    const mine = me.value.account.id
    return (
      account.id === mine ||
      communer?.author?.id === mine ||
      groups.value.some((group) => group.id === account.id && (group.role === 'owner' || group.role === 'moderator'))
    )
  })
}
