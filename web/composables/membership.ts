// How the reader stands to a group, ours or of another server: asking, answering an invitation, leaving.
import { useQuery, useQueryCache } from '@pinia/colada'
import { ref, type Ref } from 'vue'
import type { Account, Membership } from '../entities.ts'
import { usePage } from '../page-context.ts'
import { isRemote } from './addresses.ts'
import { useErrorText } from './errors.ts'
import { useToasts } from './toasts.ts'

export interface MembershipState {
  membership: Ref<Membership | undefined>
  isBusy: Ref<boolean>
  /** Asks to join, or accepts the invitation. */
  join(): Promise<void>
  leave(): Promise<void>
  decline(): Promise<void>
}

/** Asked for groups only, and for people who are logged in. */
export function useMembership(account: () => Account): MembershipState {
  const { api, signedIn } = usePage()
  const cache = useQueryCache()
  const toasts = useToasts()
  const errorText = useErrorText()
  const isBusy = ref(false)
  const path = (): string => `/api/communer/v1/memberships/${account().id}`
  const { data: membership } = useQuery(() => ({
    key: ['membership', account().id],
    enabled: signedIn && account().group,
    query: () => api.get<Membership>(path())
  }))

  async function act(method: 'PUT' | 'POST' | 'DELETE', to: string): Promise<void> {
    isBusy.value = true
    try {
      await api.send(method, to)
      await Promise.all(
        [['membership', account().id], ['group', account().username], ['relationships'], ['me'], ['unread']].map((key) =>
          cache.invalidateQueries({ key })
        )
      )
    } catch (error) {
      toasts.show(errorText(error))
    } finally {
      isBusy.value = false
    }
  }

  return {
    membership,
    isBusy,
    join: () => (isRemote(account()) ? act('PUT', path()) : act('POST', `/api/communer/v1/groups/${account().username}/join`)),
    leave: () => act('DELETE', path()),
    decline: () => act('POST', `${path()}/decline`)
  }
}
