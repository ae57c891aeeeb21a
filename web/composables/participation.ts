// What a person does about an event: coming, going back on it, keeping it in mind, declining. The answer is the event as it is then.
import { useQueryCache } from '@pinia/colada'
import { ref, type Ref } from 'vue'
import type { EventEntity } from '../entities.ts'
import { useApi } from '../page-context.ts'
import { failureOf, useErrorText } from './errors.ts'

export interface Participating {
  isBusy: Ref<boolean>
  /** Sentence of the last refusal, '' when there is none. */
  problem: Ref<string>
  /** Sentence by the field it is about. */
  fields: Ref<Record<string, string>>
  act(event: Pick<EventEntity, 'id'>, verb: 'join' | 'leave' | 'interested' | 'decline', body?: object): Promise<void>
}

export function useParticipation(): Participating {
  const api = useApi()
  const cache = useQueryCache()
  const errorText = useErrorText()
  const isBusy = ref(false)
  const problem = ref('')
  const fields = ref<Record<string, string>>({})
  return {
    isBusy,
    problem,
    fields,
    async act(event, verb, body) {
      if (isBusy.value) return
      isBusy.value = true
      problem.value = ''
      fields.value = {}
      try {
        const changed = await api.send<EventEntity>('POST', `/api/communer/v1/events/${event.id}/${verb}`, body)
        cache.setQueryData(['event', event.id], changed)
      } catch (error) {
        problem.value = errorText(error)
        fields.value = failureOf(error).fields
      } finally {
        isBusy.value = false
      }
      // A refusal says that something changed meanwhile: the last seat is gone, the event called off.
      await Promise.all([cache.invalidateQueries({ key: ['event', event.id] }), cache.invalidateQueries({ key: ['events'] })])
    }
  }
}
