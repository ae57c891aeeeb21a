// The present moment, equal to the server's while the page wakes up, then ticking each minute for all who show it.
import { inject, onMounted, onUnmounted, provide, readonly, ref, type InjectionKey, type Ref } from 'vue'
import { usePage } from '../page-context.ts'

const MINUTE_MS = 60_000
const NOW: InjectionKey<Readonly<Ref<number>>> = Symbol('now')

/** Called once, by the frame. */
export function provideNow(): void {
  const now = ref(usePage().renderedAt)
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    now.value = Date.now()
    timer = setInterval(() => (now.value = Date.now()), MINUTE_MS)
  })
  onUnmounted(() => clearInterval(timer))
  provide(NOW, readonly(now))
}

export function useNow(): Readonly<Ref<number>> {
  const now = inject(NOW)
  if (now === undefined) throw new Error('the frame did not provide the moment')
  return now
}
