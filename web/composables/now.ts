// The present moment, equal to the server's while the page wakes up, then ticking each minute.
import { onMounted, onUnmounted, readonly, ref, type Ref } from 'vue'
import { usePage } from '../page-context.ts'

const MINUTE_MS = 60_000

export function useNow(): Readonly<Ref<number>> {
  const now = ref(usePage().renderedAt)
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    now.value = Date.now()
    timer = setInterval(() => (now.value = Date.now()), MINUTE_MS)
  })
  onUnmounted(() => clearInterval(timer))
  return readonly(now)
}
