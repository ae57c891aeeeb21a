// A vote being given: what is chosen, sending it, and the poll as the server counts it afterwards.
import { ref, type Ref } from 'vue'
import type { Poll, Status } from '../entities.ts'
import { useApi } from '../page-context.ts'
import { useErrorText } from './errors.ts'
import { useStatusCache } from './status-cache.ts'

export interface PollVote {
  /** Places of the chosen options. */
  chosen: Ref<number[]>
  choose(option: number, multiple: boolean): void
  vote(status: Status): Promise<void>
  isSending: Ref<boolean>
  problem: Ref<string>
}

export function usePollVote(): PollVote {
  const api = useApi()
  const cache = useStatusCache()
  const errorText = useErrorText()
  const chosen = ref<number[]>([])
  const isSending = ref(false)
  const problem = ref('')
  return {
    chosen,
    isSending,
    problem,
    choose(option, multiple) {
      const others = multiple ? chosen.value.filter((other) => other !== option) : []
      chosen.value = multiple && chosen.value.includes(option) ? others : [...others, option]
    },
    async vote(status) {
      if (isSending.value) return
      isSending.value = true
      problem.value = ''
      try {
        const poll = await api.send<Poll>('POST', `/api/v1/polls/${status.id}/votes`, { choices: chosen.value })
        cache.change(status.id, (item) => ({ ...item, poll }))
      } catch (error) {
        problem.value = errorText(error)
      } finally {
        isSending.value = false
      }
    }
  }
}
