// Short messages at the foot of the screen: what just happened, read out politely by screen readers.
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Toast {
  id: number
  text: string
}

/** Long enough to read two sentences. */
const SHOWN_MS = 7000

export const useToasts = defineStore('toasts', () => {
  const items = ref<Toast[]>([])
  let last = 0
  const dismiss = (id: number): void => {
    items.value = items.value.filter((item) => item.id !== id)
  }
  const show = (text: string): void => {
    const id = ++last
    items.value = [...items.value.filter((item) => item.text !== text), { id, text }].slice(-3)
    setTimeout(() => dismiss(id), SHOWN_MS)
  }
  return { items, show, dismiss }
})
