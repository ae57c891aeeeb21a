// Images on their way: sent at once, described in words before the message goes.
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import type { MediaAttachment } from '../entities.ts'
import { useApi } from '../page-context.ts'
import { useErrorText } from './errors.ts'

/** As many as Mastodon shows. */
const MAX_IMAGES = 4

export interface Upload {
  id: string
  preview: string
  description: string
  saved: string
}

export interface Uploads {
  items: Ref<Upload[]>
  isBusy: ComputedRef<boolean>
  problem: Ref<string>
  add(event: Event): Promise<void>
  remove(id: string): void
  /** Sends the descriptions that changed. */
  describeAll(): Promise<void>
  /** Those that hang on it already. */
  fill(known: MediaAttachment[]): void
  /** Which pictures there are to be, when that is not what was there. */
  changes(): { media_ids?: string[] }
  clear(): void
}

export function useUploads(maxImages = MAX_IMAGES): Uploads {
  const api = useApi()
  const errorText = useErrorText()
  const items = ref<Upload[]>([])
  const filled = ref<string[]>([])
  const problem = ref('')
  const sending = ref(0)
  const sendOne = async (file: File): Promise<void> => {
    const form = new FormData()
    form.append('file', file)
    sending.value += 1
    try {
      const media = await api.send<MediaAttachment>('POST', '/api/v2/media', form)
      items.value.push({ id: media.id, preview: media.preview_url ?? media.url ?? '', description: '', saved: '' })
    } catch (error) {
      problem.value = errorText(error)
    } finally {
      sending.value -= 1
    }
  }
  return {
    items,
    problem,
    isBusy: computed(() => sending.value > 0),
    async add(event) {
      const input = event.target as HTMLInputElement
      const files = [...(input.files ?? [])].slice(0, maxImages - items.value.length)
      problem.value = ''
      for (const file of files) await sendOne(file)
      input.value = ''
    },
    remove: (id) => (items.value = items.value.filter((item) => item.id !== id)),
    async describeAll() {
      for (const item of items.value.filter((upload) => upload.description !== upload.saved)) {
        await api.send('PUT', `/api/v1/media/${item.id}`, { description: item.description })
        item.saved = item.description
      }
    },
    fill(known) {
      filled.value = known.map(({ id }) => id)
      items.value = known.map(({ id, preview_url: preview, url, description }) => {
        const words = description ?? ''
        return { id, preview: preview ?? url ?? '', description: words, saved: words }
      })
    },
    changes() {
      const ids = items.value.map(({ id }) => id)
      return ids.join() === filled.value.join() ? {} : { media_ids: ids }
    },
    clear: () => (items.value = [])
  }
}
