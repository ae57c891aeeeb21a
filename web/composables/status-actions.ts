// Like, boost, bookmark, pin, mute, delete, refuse to be quoted: shown at once, put right by the server's answer, taken back when it refuses.
import type { ReplyPolicy, Status } from '../entities.ts'
import { useApi, useT } from '../page-context.ts'
import { useErrorText } from './errors.ts'
import { useRemovals } from './removals.ts'
import { useStatusCache } from './status-cache.ts'
import { useToasts } from './toasts.ts'

export interface StatusActions {
  toggleLike(status: Status): Promise<void>
  toggleBoost(status: Status): Promise<void>
  toggleBookmark(status: Status): Promise<void>
  togglePin(status: Status): Promise<void>
  /** The whole conversation: no news of it any more, or again. */
  toggleMute(status: Status): Promise<void>
  /** Who may answer from now on. */
  setReplyPolicy(status: Status, policy: ReplyPolicy): Promise<void>
  /** Takes back the permission that `quoting` shows `quoted`. */
  revokeQuote(quoted: Status, quoting: Status): Promise<void>
  /** Hides it, and deletes it once the reader had time to change their mind. */
  remove(status: Status): void
}

export function useStatusActions(): StatusActions {
  const api = useApi()
  const t = useT()
  const cache = useStatusCache()
  const toasts = useToasts()
  const removals = useRemovals()
  const errorText = useErrorText()

  const toggle = async (
    status: Status,
    flag: 'favourited' | 'reblogged',
    count: 'favourites_count' | 'reblogs_count',
    verbs: [string, string]
  ): Promise<void> => {
    const on = status[flag] !== true
    cache.change(status.id, (item) => ({ ...item, [flag]: on, [count]: Math.max(0, item[count] + (on ? 1 : -1)) }))
    try {
      const answer = await api.send<Status>('POST', `/api/v1/statuses/${status.id}/${on ? verbs[0] : verbs[1]}`)
      // Boosting answers with the boost itself; what counts is what it wraps.
      const truth = answer.id === status.id ? answer : answer.reblog
      if (truth) cache.change(status.id, (item) => ({ ...item, [flag]: truth[flag] ?? on, [count]: truth[count] }))
    } catch (error) {
      cache.change(status.id, (item) => ({ ...item, [flag]: status[flag] ?? false, [count]: status[count] }))
      toasts.show(errorText(error))
    }
  }

  return {
    toggleLike: (status) => toggle(status, 'favourited', 'favourites_count', ['favourite', 'unfavourite']),
    toggleBoost: (status) => toggle(status, 'reblogged', 'reblogs_count', ['reblog', 'unreblog']),
    toggleBookmark: async (status) => {
      const bookmarked = status.bookmarked !== true
      cache.change(status.id, (item) => ({ ...item, bookmarked }))
      try {
        await api.send('POST', `/api/v1/statuses/${status.id}/${bookmarked ? 'bookmark' : 'unbookmark'}`)
        await cache.forgetBookmarks()
      } catch (error) {
        cache.change(status.id, (item) => ({ ...item, bookmarked: !bookmarked }))
        toasts.show(errorText(error))
      }
    },
    toggleMute: async (status) => {
      try {
        const { muted } = await api.send<Status>('POST', `/api/v1/statuses/${status.id}/${status.muted === true ? 'unmute' : 'mute'}`)
        cache.change(status.id, (item) => ({ ...item, muted: muted === true }))
        toasts.show(t(muted === true ? 'post.muteDone' : 'post.unmuteDone'))
      } catch (error) {
        toasts.show(errorText(error))
      }
    },
    togglePin: async (status) => {
      try {
        const answer = await api.send<Status>('POST', `/api/v1/statuses/${status.id}/${status.pinned === true ? 'unpin' : 'pin'}`)
        cache.change(status.id, () => answer)
        toasts.show(t(answer.pinned === true ? 'post.pinDone' : 'post.unpinDone'))
        await cache.refreshPinned()
      } catch (error) {
        toasts.show(errorText(error))
      }
    },
    setReplyPolicy: async (status, policy) => {
      try {
        const answer = await api.send<Status>('PUT', `/api/v1/statuses/${status.id}/interaction_policy`, { reply_policy: policy })
        cache.change(status.id, () => answer)
        toasts.show(t(`replyPolicy.done_${policy}`))
      } catch (error) {
        toasts.show(errorText(error))
      }
    },
    revokeQuote: async (quoted, quoting) => {
      try {
        const answer = await api.send<Status>('POST', `/api/v1/statuses/${quoted.id}/quotes/${quoting.id}/revoke`)
        cache.change(quoting.id, () => answer)
        toasts.show(t('quote.revokeDone'))
      } catch (error) {
        toasts.show(errorText(error))
      }
    },
    remove: (status) => {
      const send = async (): Promise<void> => {
        try {
          await api.send('DELETE', `/api/v1/statuses/${status.id}`)
          cache.change(status.id, () => null)
        } catch (error) {
          removals.undo(status.id)
          toasts.show(errorText(error))
        }
      }
      removals.begin(status.id, () => void send())
      toasts.offer(t('post.deleted'), { text: t('post.undoDelete'), run: () => removals.undo(status.id) }, () => removals.go(status.id))
    }
  }
}
